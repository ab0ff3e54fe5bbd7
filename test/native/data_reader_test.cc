// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The reader of data files: the newest sound record of a key, and nothing at all of what is odd.
#include <functional>
#include <random>

#include "check.h"
#include "data_file_builder.h"
#include "data_reader.h"

namespace {

using nsp::DataFound;

constexpr uint32_t kNumber = 7;

struct Memory {
  const std::vector<uint8_t>* bytes;
  mutable int reads_left = 1 << 30;
};

bool ReadMemory(const void* file, size_t offset, void* to, size_t bytes) {
  const auto& memory = *static_cast<const Memory*>(file);
  if (memory.reads_left-- <= 0) return false;
  // Outside means: the reader has not checked what it reads.
  if (offset > memory.bytes->size() || bytes > memory.bytes->size() - offset) std::abort();
  std::memcpy(to, memory.bytes->data() + offset, bytes);
  return true;
}

std::vector<uint8_t> Fill(uint8_t value, size_t size = 64) {
  return std::vector<uint8_t>(size, value);
}

nsp::DataSearch SearchFor(const std::vector<uint8_t>& key, uint32_t kind = nsp::kDataName) {
  nsp::DataSearch search;
  search.kind = kind;
  search.key = {key.data(), static_cast<uint32_t>(key.size())};
  search.hash = nsp::HashDataKey(kind, search.key.data, search.key.size);
  return search;
}

struct Outcome {
  DataFound found = DataFound::kNo;
  uint8_t value = 0;  // what the block was filled with
  uint32_t count = 0;
  bool opened = false;
};

Outcome Look(const Memory& memory, const nsp::DataSearch& search) {
  nsp::DataReader reader;
  Outcome outcome;
  outcome.opened = reader.Open({ReadMemory, &memory}, memory.bytes->size(), kNumber);
  if (!outcome.opened) return outcome;
  static std::vector<uint8_t> room(nsp::kMaxRecordBytes);
  nsp::DataFinding finding;
  outcome.found = reader.Find(search, room.data(), room.size(), &finding);
  if (outcome.found != DataFound::kYes) return outcome;
  outcome.count = finding.count;
  outcome.value = finding.blocks.size == 0 ? uint8_t{0} : finding.blocks.data[0];
  return outcome;
}

Outcome LookIn(const DataFileBuilder& file, const nsp::DataSearch& search) {
  return Look({&file.bytes}, search);
}

const std::vector<uint8_t> kKey = KeyOf(u"one.nsp.test");
const std::vector<uint8_t> kOther = KeyOf(u"other.nsp.test");

// All in one bucket: kKey's old record, kOther's, kKey's newest one.
struct Chain {
  DataFileBuilder file{kNumber, 1};
  uint32_t old_one = file.Add({.key = kKey, .blocks = {Fill(1)}});
  uint32_t other = file.Add({.key = kOther, .blocks = {Fill(2)}});
  uint32_t newest = file.Add({.key = kKey, .blocks = {Fill(3)}});
};

}  // namespace

TEST(the_newest_record_of_a_key_is_found) {
  Chain chain;
  const Outcome one = LookIn(chain.file, SearchFor(kKey));
  CHECK(one.found == DataFound::kYes);
  CHECK_EQUAL(one.value, 3);
  CHECK_EQUAL(one.count, 1);
  CHECK_EQUAL(LookIn(chain.file, SearchFor(kOther)).value, 2);
  const auto absent = KeyOf(u"absent.nsp.test");
  CHECK(LookIn(chain.file, SearchFor(absent)).found == DataFound::kNo);
  // The same bytes as another kind of key.
  nsp::DataSearch answer = SearchFor(kKey);
  answer.kind = nsp::kDataAnswer;
  CHECK(LookIn(chain.file, answer).found == DataFound::kNo);
}

TEST(a_name_without_blocks_is_not_published_any_more) {
  Chain chain;
  chain.file.Add({.key = kKey});
  CHECK(LookIn(chain.file, SearchFor(kKey)).found == DataFound::kNo);
  CHECK(LookIn(chain.file, SearchFor(kOther)).found == DataFound::kYes);
}

TEST(an_empty_key_is_a_key) {
  Chain chain;
  CHECK(LookIn(chain.file, SearchFor({})).found == DataFound::kNo);
  chain.file.Add({.key = {}, .blocks = {Fill(4)}});
  nsp::DataSearch search = SearchFor({});
  search.key = {};  // without an address
  CHECK_EQUAL(LookIn(chain.file, search).value, 4);
  CHECK_EQUAL(LookIn(chain.file, SearchFor(kOther)).value, 2);
}

TEST(a_record_that_does_not_fit_says_its_size) {
  DataFileBuilder file(kNumber);
  const uint32_t at = file.Add({.key = kKey, .blocks = {Fill(9, 4000)}});
  const Memory memory = {&file.bytes};
  nsp::DataReader reader;
  CHECK(reader.Open({ReadMemory, &memory}, file.bytes.size(), kNumber));
  uint8_t small[1024];
  nsp::DataFinding finding;
  CHECK(reader.Find(SearchFor(kKey), small, sizeof(small), &finding) == DataFound::kNeedsRoom);
  CHECK_EQUAL(finding.need, file.At<nsp::DataRecord>(at).size);
  std::vector<uint8_t> room(finding.need);
  CHECK(reader.Find(SearchFor(kKey), room.data(), room.size(), &finding) == DataFound::kYes);
  CHECK_EQUAL(finding.blocks.size >= 4000, true);
}

TEST(an_answer_holds_for_its_time_and_its_counters) {
  constexpr uint64_t kMade = 133000000000000000;
  constexpr uint64_t kMs = 10000;
  const struct {
    uint64_t now;
    std::vector<uint32_t> counters;
    bool holds;
  } rows[] = {
      {kMade, {4, 5, 6}, true},
      {kMade + 999 * kMs, {4, 5, 6}, true},
      {kMade + 1000 * kMs - 1, {4, 5, 6}, true},
      {kMade + 1000 * kMs, {4, 5, 6}, false},
      {kMade - 1, {4, 5, 6}, false},
      {0, {4, 5, 6}, false},
      {~uint64_t{0}, {4, 5, 6}, false},
      {kMade, {4, 5, 7}, false},
      {kMade, {3, 5, 6}, false},
      {kMade, {4, 5}, false},
      {kMade, {4, 5, 6, 0}, false},
  };
  const auto key = Fill(0x42, 60);
  for (const auto& row : rows) {
    DataFileBuilder file(kNumber);
    RecordInit init = {.kind = nsp::kDataAnswer, .key = key, .blocks = {Fill(8)}};
    init.counters = {4, 5, 6};
    init.ttl_ms = 1000;
    init.made_at = kMade;
    file.Add(init);
    nsp::DataSearch search = SearchFor(key, nsp::kDataAnswer);
    search.now = row.now;
    search.counters = row.counters.data();
    search.counter_count = static_cast<uint32_t>(row.counters.size());
    CHECK_EQUAL(LookIn(file, search).found == DataFound::kYes, row.holds);
    // An older record that holds does not come back when the newest does not.
    init.counters[0] = 99;
    file.Add(init);
    CHECK(LookIn(file, search).found == DataFound::kNo);
  }
}

TEST(an_answer_without_results_is_one) {
  DataFileBuilder file(kNumber);
  const auto key = Fill(0x42, 60);
  file.Add({.kind = nsp::kDataAnswer, .key = key, .status = 10108, .ttl_ms = 5, .made_at = 100});
  nsp::DataSearch search = SearchFor(key, nsp::kDataAnswer);
  search.now = 100;
  CHECK(LookIn(file, search).found == DataFound::kYes);
  CHECK_EQUAL(LookIn(file, search).count, 0);
}

TEST(a_file_with_an_odd_head_is_none) {
  using Head = nsp::DataHead;
  const std::function<void(Head*)> changes[] = {
      [](Head* head) { head->magic ^= 1; },
      [](Head* head) { ++head->version; },
      [](Head* head) { head->bytes -= 8; },
      [](Head* head) { head->bytes += 8; },
      [](Head* head) { head->number = 8; },
      [](Head* head) { head->number = 0; },
      [](Head* head) { head->bucket_count = 0; },
      [](Head* head) { head->bucket_count = 3; },
      [](Head* head) { head->bucket_count = 1u << 14; },
      [](Head* head) { head->bucket_count = 1u << 31; },
  };
  for (const auto& change : changes) {
    Chain chain;
    Head head = chain.file.head();
    change(&head);
    chain.file.PutHead(head);
    CHECK(!LookIn(chain.file, SearchFor(kKey)).opened);
  }
  // The check itself, and a size that is not the file's.
  for (size_t at = 0; at < offsetof(Head, used); ++at) {
    Chain chain;
    chain.file.bytes[at] ^= 0x10;
    CHECK(!LookIn(chain.file, SearchFor(kKey)).opened);
  }
  for (const size_t size : {size_t{0}, size_t{4}, size_t{63}, size_t{64}, size_t{65528}}) {
    Chain chain;
    chain.file.bytes.resize(size);
    CHECK(!LookIn(chain.file, SearchFor(kKey)).opened);
  }
  Chain chain;
  chain.file.bytes.assign(chain.file.bytes.size(), 0);
  CHECK(!LookIn(chain.file, SearchFor(kKey)).opened);
}

TEST(a_record_with_an_odd_head_is_none) {
  using Record = nsp::DataRecord;
  const std::function<void(Record*, uint32_t own)> changes[] = {
      [](Record* record, uint32_t own) { record->next = own; },
      [](Record* record, uint32_t own) { record->next = own + 8; },
      [](Record* record, uint32_t) { record->size = 0; },
      [](Record* record, uint32_t) { record->size = 40; },
      [](Record* record, uint32_t) { record->size -= 4; },
      [](Record* record, uint32_t) { record->size = 0xfffffff8; },
      [](Record* record, uint32_t) { record->size = nsp::kMinDataBytes; },
      [](Record* record, uint32_t) { record->key_bytes = 0xffffffff; },
      [](Record* record, uint32_t) { record->key_bytes = record->size; },
      [](Record* record, uint32_t) { record->counter_count = 0xffffffff; },
      [](Record* record, uint32_t) { record->counter_count = 0x40000000; },
  };
  for (const auto& change : changes) {
    Chain chain;
    Record record = chain.file.At<Record>(chain.newest);
    change(&record, chain.newest);
    chain.file.PutRecord(chain.newest, record);
    CHECK(LookIn(chain.file, SearchFor(kKey)).found == DataFound::kNo);
    CHECK(LookIn(chain.file, SearchFor(kOther)).found == DataFound::kNo);
  }
}

TEST(a_link_that_leads_nowhere_is_none) {
  Chain chain;
  const auto size = static_cast<uint32_t>(chain.file.bytes.size());
  const uint32_t links[] = {1,        4,        8,    64,       chain.newest + 4, chain.newest - 8,
                            size - 8, size - 4, size, size + 8, 0xfffffff8,       0xffffffff};
  for (const uint32_t link : links) {
    DataFileBuilder file = chain.file;
    file.Put(file.BucketOffset(0), link);
    CHECK(LookIn(file, SearchFor(kKey)).found == DataFound::kNo);
  }
  // A record that reaches into the one that was linked later.
  DataFileBuilder file = chain.file;
  auto record = file.At<nsp::DataRecord>(chain.other);
  record.size += 8;
  file.PutRecord(chain.other, record);
  CHECK(LookIn(file, SearchFor(kOther)).found == DataFound::kNo);
}

TEST(a_record_of_another_bucket_is_none) {
  // Two keys in two buckets; the chain of the first key is led over a record of the second.
  DataFileBuilder file(kNumber, 1024);
  const nsp::DataSearch search = SearchFor(kKey);
  CHECK(file.BucketOffset(search.hash) != file.BucketOffset(SearchFor(kOther).hash));
  const uint32_t one = file.Add({.key = kKey, .blocks = {Fill(1)}});
  const uint32_t other = file.Add({.key = kOther, .blocks = {Fill(2)}});
  CHECK(LookIn(file, search).found == DataFound::kYes);
  auto record = file.At<nsp::DataRecord>(other);
  record.next = one;
  file.PutRecord(other, record);
  file.Put(file.BucketOffset(search.hash), other);
  CHECK(LookIn(file, search).found == DataFound::kNo);
  CHECK(LookIn(file, SearchFor(kOther)).found == DataFound::kYes);
}

TEST(damage_never_brings_an_older_record_back) {
  const Chain chain;
  for (uint32_t at = chain.newest; at < chain.file.head().used; ++at) {
    for (const int bit : {0, 3, 7}) {
      DataFileBuilder file = chain.file;
      file.bytes[at] = static_cast<uint8_t>(file.bytes[at] ^ (1 << bit));
      CHECK(LookIn(file, SearchFor(kKey)).found == DataFound::kNo);
      CHECK(LookIn(file, SearchFor(kOther)).found == DataFound::kNo);
    }
  }
}

TEST(memory_that_cannot_be_read_is_none) {
  const Chain chain;
  int reads = 0;
  for (; reads < 100; ++reads) {
    const Outcome outcome = Look({&chain.file.bytes, reads}, SearchFor(kOther));
    if (outcome.found == DataFound::kYes) break;
    CHECK(!outcome.opened || outcome.found == DataFound::kNo);
  }
  // Head, bucket, and one for each of the two records on the way.
  CHECK_EQUAL(reads, 4);
}

TEST(a_search_ends_even_in_an_endless_bucket) {
  DataFileBuilder file(kNumber, 1, 8 << 20);
  file.Add({.key = kKey, .blocks = {Fill(1)}});
  for (int i = 0; i < 5; ++i)
    file.Add({.key = kOther, .blocks = {Fill(2, 1000000)}});
  CHECK(LookIn(file, SearchFor(kOther)).found == DataFound::kYes);
  CHECK(LookIn(file, SearchFor(kKey)).found == DataFound::kNo);
  // More than a frame can carry.
  DataFileBuilder large(kNumber, 1, 8 << 20);
  large.Add({.key = kKey, .blocks = {Fill(1, nsp::kMaxRecordBytes)}});
  CHECK(LookIn(large, SearchFor(kKey)).found == DataFound::kNo);
}

TEST(random_bytes_give_the_right_answer_or_none) {
  std::mt19937 random(4711);
  constexpr int kNames = 64;
  DataFileBuilder whole(kNumber, 16);
  std::vector<std::vector<uint8_t>> keys;
  for (int i = 0; i < kNames; ++i) {
    keys.push_back(KeyOf(std::u16string(1, static_cast<char16_t>(u'a' + i)) + u".nsp.test"));
    whole.Add({.key = keys.back(), .blocks = {Fill(static_cast<uint8_t>(i + 1))}});
  }
  const uint32_t used = whole.head().used;
  int right = 0;
  int none = 0;
  int wrong = 0;
  for (int round = 0; round < 20000; ++round) {
    DataFileBuilder file(0);
    file.bytes.assign(whole.bytes.begin(), whole.bytes.end());
    const size_t length = 1 + random() % (round % 2 == 0 ? 4 : 512);
    // Behind the head, which is read once, at opening.
    const size_t from = 64 + random() % (used - 64);
    for (size_t at = from; at < from + length && at < file.bytes.size(); ++at)
      file.bytes[at] = static_cast<uint8_t>(random());
    const size_t name = random() % kNames;
    const Outcome outcome = LookIn(file, SearchFor(keys[name]));
    if (outcome.found != DataFound::kYes)
      ++none;
    else if (outcome.value == name + 1 && outcome.count == 1)
      ++right;
    else
      ++wrong;
  }
  CHECK_EQUAL(wrong, 0);
  CHECK(right > 1000);
  CHECK(none > 1000);
}
