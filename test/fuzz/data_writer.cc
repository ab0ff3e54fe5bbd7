// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Data files as their writer makes them and takes them over: every record that was appended is
// found, by the writer and by the reader; a file that was scribbled on is refused or can be gone on
// with, and nothing outside it is read or written.
#include "data_writer.h"

#include <algorithm>

#include "data_files.h"
#include "data_reader.h"

namespace {

using fuzz::DataFile;
using fuzz::Tape;

bool Read(const void* file, size_t offset, void* to, size_t bytes) {
  std::memcpy(to, static_cast<const uint8_t*>(file) + offset, bytes);
  return true;
}

void SeenByReader(const uint8_t* file, const nsp::NewDataRecord& record, uint32_t offset) {
  nsp::DataReader reader;
  REQUIRE(reader.Open({Read, file}, DataFile::kBytes, DataFile::kNumber));
  static uint8_t room[DataFile::kBytes];
  nsp::DataSearch search;
  nsp::DataFinding finding;
  search.kind = record.kind;
  search.key = record.key;
  search.hash = nsp::HashDataKey(record.kind, record.key.data, record.key.size);
  search.now = record.made_at;
  search.counters = reinterpret_cast<const uint32_t*>(record.counters.data);
  search.counter_count = record.counters.size / 4;
  const nsp::DataFound found = reader.Find(search, room, sizeof(room), &finding);
  const bool holds = record.kind == nsp::kDataName ? record.count != 0 : record.ttl_ms != 0;
  REQUIRE((found == nsp::DataFound::kYes) == holds && offset != 0);
  if (!holds) return;
  REQUIRE(finding.count == record.count && finding.status == record.status);
  REQUIRE(finding.blocks.size - record.blocks.size < 8);
  finding.blocks.size = record.blocks.size;
  REQUIRE(fuzz::Same(finding.blocks, record.blocks));
}

// `sound`: nobody else has written into the file.
void Append(Tape* tape, nsp::DataWriter* writer, const uint8_t* file, bool sound) {
  nsp::NewDataRecord record;
  record.kind = tape->Chance() ? nsp::kDataName : nsp::kDataAnswer;
  const std::vector<uint8_t> key = fuzz::MakeKey(tape, record.kind);
  const std::vector<uint32_t> counters(record.kind == nsp::kDataAnswer ? tape->Below(3) : 0);
  uint32_t length = tape->Byte();
  if (length == 255) length = tape->Take<uint16_t>();
  const std::vector<uint8_t> blocks = tape->Run(length);
  record.key = fuzz::View(key);
  record.counters = {reinterpret_cast<const uint8_t*>(counters.data()),
                     static_cast<uint32_t>(counters.size() * 4)};
  record.blocks = fuzz::View(blocks);
  record.count = tape->Below(3);
  record.status = record.kind == nsp::kDataAnswer ? tape->Byte() : 0;
  record.ttl_ms = tape->Below(3);
  const uint32_t size = nsp::MeasureDataRecord(record);
  const uint32_t used = writer->used();
  REQUIRE(size != 0 && size % 8 == 0);
  const uint32_t offset = writer->Append(record);
  REQUIRE((offset != 0) == (size <= DataFile::kBytes - used));
  REQUIRE(writer->used() == (offset != 0 ? used + size : used));
  if (offset == 0) return;
  REQUIRE(writer->Find(record.kind, record.key) == offset);
  const nsp::DataRecordView view = writer->View(offset);
  REQUIRE(fuzz::Same(view.key, record.key) && fuzz::Same(view.counters, record.counters));
  REQUIRE(view.blocks.size - record.blocks.size < 8);
  if (sound) SeenByReader(file, record, offset);
}

// Each key once, and each record inside the file.
uint32_t Walk(const nsp::DataWriter& writer) {
  uint32_t count = 0;
  writer.ForEach([&](uint32_t offset) {
    const nsp::DataRecordView view = writer.View(offset);
    REQUIRE(offset + view.head.size <= writer.used());
    REQUIRE(writer.Find(view.head.kind, view.key) == offset);
    uint8_t last = 0;
    for (const nsp::Bytes& part : {view.key, view.counters, view.blocks})
      last = part.size != 0 ? part.data[part.size - 1] : last;
    count += last >= 0 ? 1 : 0;
  });
  return count;
}

void TooLarge(Tape* tape) {
  nsp::NewDataRecord record;
  record.key.size = tape->Take<uint32_t>() >> tape->Below(8);
  record.blocks.size = tape->Take<uint32_t>() >> tape->Below(8);
  const uint64_t sum = sizeof(nsp::DataRecord) + (record.key.size + uint64_t{3}) / 4 * 4 +
                       uint64_t{record.blocks.size};
  const uint64_t padded = (sum + 7) / 8 * 8;
  REQUIRE(nsp::MeasureDataRecord(record) == (padded <= 64 * nsp::kMaxFrameBytes ? padded : 0));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static DataFile file;
  Tape tape(data, size);
  TooLarge(&tape);
  file.Make(&tape);
  const uint8_t how = tape.Byte();
  const bool scribbled = (how & 1) != 0;
  nsp::DataWriter writer;
  REQUIRE(!writer.attached() && writer.Find(nsp::kDataName, {}) == 0);
  if ((how & 2) != 0) {
    nsp::DataWriter::Initialize(file.bytes(), DataFile::kBytes, DataFile::kNumber,
                                file.bucket_count());
  }
  if (scribbled) file.Scribble(&tape);
  const uint32_t bytes = (how & 4) != 0 ? tape.Take<uint16_t>() : DataFile::kBytes;
  const uint32_t number = (how & 8) != 0 ? tape.Byte() : DataFile::kNumber;
  const bool attached = writer.Attach(file.bytes(), bytes, number);
  REQUIRE(attached == writer.attached());
  if (!attached) return 0;
  REQUIRE(writer.bytes() == DataFile::kBytes && writer.used() <= DataFile::kBytes);
  const uint32_t before = Walk(writer);
  for (uint32_t count = tape.Below(4); count != 0; --count)
    Append(&tape, &writer, file.bytes(), !scribbled);
  file.Touched(writer.used());
  const uint32_t after = Walk(writer);
  REQUIRE(after >= before);
  nsp::DataWriter next;
  REQUIRE(next.Attach(file.bytes(), DataFile::kBytes, number) && next.used() == writer.used());
  REQUIRE(Walk(next) == after);
  return 0;
}
