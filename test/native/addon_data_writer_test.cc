// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Tests of data_writer.h.
#include "data_writer.h"

#include <cstring>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "hash.h"

namespace {

constexpr uint32_t kBytes = nsp::kMinDataBytes;
constexpr uint32_t kBuckets = 16;

// A file in memory, and what the next host finds of it.
class File {
 public:
  File() : words_(kBytes / 8) {
    nsp::DataWriter::Initialize(words_.data(), kBytes, 7, kBuckets);
    opened_ = writer.Attach(words_.data(), kBytes, 7);
  }
  bool Reopen() { return writer.Attach(words_.data(), kBytes, 7); }
  bool opened() const { return opened_; }
  uint8_t* data() { return reinterpret_cast<uint8_t*>(words_.data()); }
  std::vector<uint64_t>& words() { return words_; }

  nsp::DataWriter writer;

 private:
  std::vector<uint64_t> words_;
  bool opened_ = false;
};

// Of texts that outlive what is made of it.
nsp::Bytes ToBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), static_cast<uint32_t>(text.size())};
}

uint32_t Put(File* file, const std::string& key, const std::string& blocks, uint32_t count = 1) {
  nsp::NewDataRecord record;
  record.key = ToBytes(key);
  record.blocks = ToBytes(blocks);
  record.count = count;
  return file->writer.Append(record);
}

uint32_t FindName(const File& file, const std::string& key) {
  return file.writer.Find(nsp::kDataName, ToBytes(key));
}

bool Says(const File& file, const std::string& key, const std::string& blocks) {
  const uint32_t at = FindName(file, key);
  if (at == 0) return false;
  const nsp::DataRecordView view = file.writer.View(at);
  return view.blocks.size >= blocks.size() &&
         std::memcmp(view.blocks.data, blocks.data(), blocks.size()) == 0;
}

}  // namespace

TEST(EmptyFileHasNothing) {
  File file;
  CHECK(file.opened());
  CHECK_EQUAL(FindName(file, "ab"), 0);
  CHECK_EQUAL(file.writer.used(), 64 + kBuckets * 4);
  int count = 0;
  file.writer.ForEach([&](uint32_t) { ++count; });
  CHECK_EQUAL(count, 0);
}

TEST(NewestRecordCounts) {
  File file;
  const uint32_t first = Put(&file, "ab", "old.");
  const uint32_t second = Put(&file, "ab", "new.");
  CHECK(first != 0 && second > first);
  CHECK_EQUAL(FindName(file, "ab"), second);
  CHECK(Says(file, "ab", "new."));
  CHECK(file.Reopen());
  CHECK_EQUAL(FindName(file, "ab"), second);
}

TEST(RecordIsAsItsLayoutSays) {
  File file;
  const uint32_t counters[] = {1, 2, 3};
  nsp::NewDataRecord record;
  record.kind = nsp::kDataAnswer;
  record.key = ToBytes("querys");
  record.counters = {reinterpret_cast<const uint8_t*>(counters), sizeof(counters)};
  record.blocks = ToBytes("blocksblocks");
  record.status = 10110;
  record.count = 2;
  record.ttl_ms = 30000;
  record.made_at = 0x0123456789abcdef;
  const uint32_t at = file.writer.Append(record);
  nsp::DataRecord head;
  std::memcpy(&head, file.data() + at, sizeof(head));
  CHECK_EQUAL(at % 8, 0);
  CHECK_EQUAL(head.size % 8, 0);
  CHECK_EQUAL(head.check, nsp::MixWords(file.data() + at + 4, head.size - 4));
  CHECK_EQUAL(head.hash, nsp::MixWords("querys", 6));
  CHECK_EQUAL(head.counter_count, 3);
  CHECK_EQUAL(head.status, 10110);
  CHECK_EQUAL(head.ttl_ms, 30000);
  CHECK(head.made_at == record.made_at);
  CHECK(std::memcmp(file.data() + at + 48, counters, 12) == 0);
  CHECK(std::memcmp(file.data() + at + 60, "querys\0\0blocksblocks", 20) == 0);
  uint32_t bucket;
  std::memcpy(&bucket, file.data() + 64 + (head.hash % kBuckets) * 4, 4);
  CHECK_EQUAL(bucket, at);
  // An answer and a name with the same key are two things.
  CHECK_EQUAL(FindName(file, "querys"), 0);
}

TEST(EachKeyIsVisitedOnce) {
  File file;
  std::map<std::string, std::string> said;
  for (int i = 0; i < 200; ++i) {
    const std::string key = "key" + std::to_string(i % 60);
    said[key] = "value" + std::to_string(i);
    CHECK(Put(&file, key, said[key]) != 0);
  }
  size_t visited = 0;
  file.writer.ForEach([&](uint32_t at) {
    const nsp::DataRecordView view = file.writer.View(at);
    const std::string key(reinterpret_cast<const char*>(view.key.data), view.key.size);
    if (FindName(file, key) == at) ++visited;
  });
  CHECK_EQUAL(visited, said.size());
  for (const auto& [key, value] : said)
    CHECK(Says(file, key, value));
}

TEST(FullFileRefusesAndStaysWhole) {
  File file;
  const std::string large(4000, 'x');
  int written = 0;
  while (Put(&file, std::to_string(written), large) != 0)
    ++written;
  CHECK(written > 10);
  const uint32_t used = file.writer.used();
  CHECK(used <= kBytes);
  CHECK_EQUAL(Put(&file, "more", large), 0);
  CHECK_EQUAL(file.writer.used(), used);
  CHECK(Put(&file, "small", "1234") != 0);
  CHECK(file.Reopen());
}

// Whatever of a write had happened when the writer was killed: the record before it stays, the new
// one is not there, and the next writer goes on behind it.
TEST(KilledWriterLeavesTheRecordBefore) {
  File file;
  CHECK(Put(&file, "ab", "old.") != 0);
  const std::vector<uint64_t> before = file.words();
  const uint32_t used = file.writer.used();
  const uint32_t second = Put(&file, "ab", "new.");
  const std::vector<uint64_t> after = file.words();
  const uint32_t size = file.writer.used() - used;
  for (uint32_t part = 0; part <= size; part += 4) {
    // `used` first, then `part` bytes of the record, never the bucket.
    file.words() = before;
    std::memcpy(file.data() + offsetof(nsp::DataHead, used),
                reinterpret_cast<const uint8_t*>(after.data()) + offsetof(nsp::DataHead, used), 4);
    std::memcpy(file.data() + second, reinterpret_cast<const uint8_t*>(after.data()) + second,
                part);
    CHECK(file.Reopen());
    CHECK(Says(file, "ab", "old."));
    CHECK_EQUAL(Put(&file, "cd", "more"), second + size);
    CHECK(Says(file, "ab", "old."));
  }
}

TEST(WrongHeadIsRefused) {
  for (size_t at = 0; at < offsetof(nsp::DataHead, reserved); at += 4) {
    File file;
    CHECK(Put(&file, "ab", "said") != 0);
    file.data()[at] ^= 1;
    CHECK(!file.Reopen());
    CHECK(!file.writer.attached());
  }
  File file;
  CHECK(!file.writer.Attach(file.data(), kBytes, 8));
  CHECK(!file.writer.Attach(file.data(), kBytes / 2, 7));
}

TEST(FlippedBitsInLinkedRecordsAreSeen) {
  File file;
  const uint32_t first = Put(&file, "ab", "said");
  const uint32_t end = file.writer.used();
  for (uint32_t at = first; at < end; ++at) {
    file.data()[at] ^= 0x10;
    CHECK(!file.Reopen());
    file.data()[at] ^= 0x10;
  }
  CHECK(file.Reopen());
}

TEST(RandomBytesNeverHarm) {
  std::mt19937 random(4);
  File file;
  for (int i = 0; i < 100; ++i)
    CHECK(Put(&file, std::to_string(i), "v") != 0);
  const std::vector<uint64_t> good = file.words();
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    file.words() = good;
    for (int i = 0; i < 8; ++i) {
      const uint32_t at = random() % (round % 2 == 0 ? 128 : 8192);
      // The head stays as it is, so that buckets and records are reached.
      if (at >= 60) file.data()[at] = static_cast<uint8_t>(random());
    }
    if (!file.Reopen()) ++refused;
  }
  CHECK(refused > 1000);
}
