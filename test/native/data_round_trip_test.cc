// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the writer of data files has written, the reader finds: always the newest record of a key,
// with its blocks, byte for byte.
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "check.h"
#include "data_reader.h"
#include "data_writer.h"

namespace {

constexpr uint32_t kBytes = 1 << 20;
constexpr uint32_t kNumber = 3;

struct File {
  std::vector<uint64_t> words = std::vector<uint64_t>(kBytes / 8);
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(words.data()); }
};

bool ReadMemory(const void* file, size_t offset, void* to, size_t bytes) {
  std::memcpy(to, static_cast<const uint8_t*>(file) + offset, bytes);
  return true;
}

nsp::Bytes View(const std::vector<uint8_t>& bytes) {
  return {bytes.data(), static_cast<uint32_t>(bytes.size())};
}

// The blocks that the reader finds; none if it finds no record.
std::vector<uint8_t> Look(File* file, const nsp::DataSearch& search, size_t bytes) {
  static std::vector<uint8_t> room(nsp::kMaxRecordBytes);
  nsp::DataReader reader;
  nsp::DataFinding found;
  if (!reader.Open({ReadMemory, file->bytes()}, kBytes, kNumber)) return {};
  if (reader.Find(search, room.data(), room.size(), &found) != nsp::DataFound::kYes) return {};
  return {found.blocks.data, found.blocks.data + bytes};
}

nsp::Bytes KeyOf(const std::u16string& name) {
  return {reinterpret_cast<const uint8_t*>(name.data()), static_cast<uint32_t>(name.size() * 2)};
}

nsp::DataSearch SearchFor(uint32_t kind, const nsp::Bytes& key) {
  nsp::DataSearch search;
  search.kind = kind;
  search.key = key;
  search.hash = nsp::HashDataKey(kind, search.key.data, search.key.size);
  return search;
}

}  // namespace

TEST(names_are_found_as_they_were_written_last) {
  std::mt19937 random(7);
  File file;
  nsp::DataWriter writer;
  nsp::DataWriter::Initialize(file.bytes(), kBytes, kNumber, 64);
  CHECK(writer.Attach(file.bytes(), kBytes, kNumber));
  std::map<std::u16string, std::vector<uint8_t>> last;
  for (int i = 0; i < 2000; ++i) {
    std::u16string name;
    for (uint32_t left = 1 + random() % 3; left != 0; --left)
      name += static_cast<char16_t>(u'a' + random() % 6);
    // Every fourth is a name that is not published any more.
    std::vector<uint8_t> blocks(random() % 4 == 0 ? 0 : 4 * (1 + random() % 50));
    for (uint8_t& byte : blocks)
      byte = static_cast<uint8_t>(random());
    nsp::NewDataRecord record;
    record.key = KeyOf(name);
    record.count = blocks.empty() ? 0 : 1;
    record.blocks = View(blocks);
    CHECK(writer.Append(record) != 0);
    last[name] = blocks;
  }
  int wrong = 0;
  for (const auto& [name, blocks] : last) {
    wrong += Look(&file, SearchFor(nsp::kDataName, KeyOf(name)), blocks.size()) == blocks ? 0 : 1;
  }
  CHECK(last.size() > 100);
  CHECK_EQUAL(wrong, 0);
}

TEST(answers_are_found_by_query_and_counters) {
  File file;
  nsp::DataWriter writer;
  nsp::DataWriter::Initialize(file.bytes(), kBytes, kNumber, 64);
  CHECK(writer.Attach(file.bytes(), kBytes, kNumber));
  const uint32_t counters[] = {1, 2, 3};
  for (const uint32_t bytes : {56u, 60u, 124u, 4096u}) {
    const std::vector<uint8_t> query(bytes, uint8_t{9});
    const std::vector<uint8_t> blocks(bytes, static_cast<uint8_t>(bytes));
    nsp::NewDataRecord record;
    record.kind = nsp::kDataAnswer;
    record.key = View(query);
    record.counters = {reinterpret_cast<const uint8_t*>(counters), sizeof(counters)};
    record.count = 1;
    record.ttl_ms = 1000;
    record.made_at = 50;
    record.blocks = View(blocks);
    CHECK(writer.Append(record) != 0);
    nsp::DataSearch search = SearchFor(nsp::kDataAnswer, View(query));
    search.now = 50;
    search.counters = counters;
    search.counter_count = 3;
    CHECK(Look(&file, search, blocks.size()) == blocks);
    search.counter_count = 2;
    CHECK(Look(&file, search, blocks.size()).empty());
  }
}
