// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Lookups in data files, sound ones and others, some of which change or vanish while they are read:
// the reader asks for nothing outside the file, stays inside its room and takes a bounded number of
// steps; of a sound file it gives the newest record of the key, if that holds.
#include "data_reader.h"

#include "data_files.h"

namespace {

using fuzz::DataFile;
using fuzz::Exact;
using fuzz::Tape;

// A file as the reader sees it: some reads fail, and before some a word changes.
struct Source {
  DataFile* file;
  Tape* tape;
  bool moving;
  uint64_t size;  // as the reader was told, which a head may confirm
  size_t bytes_read;
};

bool Read(const void* opaque, size_t offset, void* to, size_t bytes) {
  auto* source = static_cast<Source*>(const_cast<void*>(opaque));
  REQUIRE(offset <= source->size && bytes <= source->size - offset);
  source->bytes_read += bytes;
  // Four times the largest record, and a head each.
  REQUIRE(source->bytes_read <= size_t{9} * nsp::kMaxRecordBytes);
  if (source->moving) {
    const uint8_t how = source->tape->Byte();
    if (how == 1) return false;
    if (how == 2) source->file->Scribble(source->tape);
  }
  if (offset > DataFile::kBytes || bytes > DataFile::kBytes - offset) return false;
  std::memcpy(to, source->file->bytes() + offset, bytes);
  return true;
}

const fuzz::MadeRecord* Newest(const DataFile& file, const nsp::DataSearch& search) {
  const fuzz::MadeRecord* newest = nullptr;
  for (const fuzz::MadeRecord& record : file.records()) {
    if (record.kind == search.kind && fuzz::Same(fuzz::View(record.key), search.key)) {
      newest = &record;
    }
  }
  return newest;
}

bool Holds(const fuzz::MadeRecord& record, const nsp::DataSearch& search) {
  if (record.kind == nsp::kDataName) return record.head.count != 0;
  const uint64_t end = record.head.made_at + uint64_t{record.head.ttl_ms} * 10000;
  return search.now >= record.head.made_at && search.now < end &&
         std::equal(record.counters.begin(), record.counters.end(), search.counters,
                    search.counters + search.counter_count);
}

// What was found in a file that nobody has touched.
void Judge(const DataFile& file, const nsp::DataSearch& search, nsp::DataFound found,
           const nsp::DataFinding& finding) {
  const fuzz::MadeRecord* newest = Newest(file, search);
  if (found == nsp::DataFound::kNeedsRoom) return;
  REQUIRE((found == nsp::DataFound::kYes) == (newest != nullptr && Holds(*newest, search)));
  if (found != nsp::DataFound::kYes) return;
  REQUIRE(finding.count == newest->head.count && finding.status == newest->head.status);
}

void Search(Tape* tape, const nsp::DataReader& reader, const DataFile& file, bool sound) {
  const uint32_t kind = tape->Chance() ? nsp::kDataName : nsp::kDataAnswer;
  const std::vector<uint8_t> bytes = fuzz::MakeKey(tape, kind);
  const Exact key(bytes.data(), bytes.size());
  const std::vector<uint32_t> counters(tape->Below(4), tape->Below(2));
  nsp::DataSearch search;
  search.kind = kind;
  search.key = {key.data(), static_cast<uint32_t>(key.size())};
  search.hash = nsp::HashDataKey(kind, search.key.data, search.key.size);
  search.now = tape->Byte() * uint64_t{5000};
  search.counters = counters.data();
  search.counter_count = static_cast<uint32_t>(counters.size());
  const Exact room(nsp::kLeastRoom + (tape->Chance() ? 1024 : tape->Byte()));
  nsp::DataFinding finding;
  const nsp::DataFound found = reader.Find(search, room.data(), room.size(), &finding);
  if (found == nsp::DataFound::kNeedsRoom) {
    REQUIRE(finding.need > room.size() && finding.need <= nsp::kMaxRecordBytes);
  }
  if (found == nsp::DataFound::kYes) {
    const nsp::Bytes& blocks = finding.blocks;
    REQUIRE(blocks.data >= room.data() && blocks.size <= room.size());
    REQUIRE(blocks.data + blocks.size <= room.data() + room.size());
  }
  if (sound) Judge(file, search, found, finding);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static DataFile file;
  Tape tape(data, size);
  file.Make(&tape);
  const uint8_t how = tape.Byte();
  const bool scribbled = (how & 1) != 0;
  if (scribbled) file.Scribble(&tape);
  const uint64_t bytes = (how & 4) != 0 ? tape.Take<uint32_t>() : DataFile::kBytes;
  Source source = {&file, &tape, (how & 2) != 0, bytes, 0};
  const uint32_t number = (how & 8) != 0 ? tape.Byte() : DataFile::kNumber;
  nsp::DataReader reader;
  const bool open = reader.Open({Read, &source}, bytes, number);
  if (!scribbled && !source.moving) {
    REQUIRE(open == (bytes == DataFile::kBytes && number == DataFile::kNumber));
  }
  if (!open) return 0;
  for (int i = 0; i < 2; ++i) {
    source.bytes_read = 0;
    Search(&tape, reader, file, !scribbled && !source.moving);
  }
  return 0;
}
