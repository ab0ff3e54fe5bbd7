// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Tests of data_store.h and owner_table.h, on files in the user's temporary folder.
#include "data_store.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "check.h"
#include "control_writer.h"
#include "data_files.h"

namespace {

constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

// A control file in memory, and a fresh folder for its data files.
class Place {
 public:
  explicit Place(const wchar_t* name) : control_(std::make_unique<nsp::ControlFile>()) {
    wchar_t folder[MAX_PATH];
    GetTempPathW(MAX_PATH, folder);
    const std::wstring base = std::wstring(folder) + L"nsp-data-store";
    CreateDirectoryW(base.c_str(), nullptr);
    CreateDirectoryW((base + L"\\data").c_str(), nullptr);
    path_ = base + L"\\" + name;
    nsp::DeleteDataFilesBut(path_, 0);
    *control_ = {};
    Start();
  }
  // Another host, after the one before has ended.
  void Start() {
    store = nsp::DataStore();
    store.Open(path_, control_.get());
  }
  uint32_t number() const { return control_->data_file; }
  nsp::ControlFile* control() { return control_.get(); }
  std::wstring PathOf(uint32_t file) const { return nsp::DataFilePath(path_, file); }
  bool Has(uint32_t file) const {
    return GetFileAttributesW(PathOf(file).c_str()) != INVALID_FILE_ATTRIBUTES;
  }
  // Overwrites one byte of today's file, as anybody might who can write it.
  bool Spoil(uint32_t offset) const {
    nsp::UniqueFile file(CreateFileW(PathOf(number()).c_str(), GENERIC_READ | GENERIC_WRITE,
                                     kShareAll, nullptr, OPEN_EXISTING, 0, nullptr));
    uint8_t byte = 0;
    DWORD done = 0;
    SetFilePointer(file.get(), static_cast<LONG>(offset), nullptr, FILE_BEGIN);
    if (!ReadFile(file.get(), &byte, 1, &done, nullptr)) return false;
    byte ^= 1;
    SetFilePointer(file.get(), static_cast<LONG>(offset), nullptr, FILE_BEGIN);
    return WriteFile(file.get(), &byte, 1, &done, nullptr) != 0;
  }

  // Overwrites four bytes of it.
  void Scribble(uint32_t offset, uint32_t word) const {
    nsp::UniqueFile file(CreateFileW(PathOf(number()).c_str(), GENERIC_READ | GENERIC_WRITE,
                                     kShareAll, nullptr, OPEN_EXISTING, 0, nullptr));
    DWORD done = 0;
    SetFilePointer(file.get(), static_cast<LONG>(offset), nullptr, FILE_BEGIN);
    CHECK(WriteFile(file.get(), &word, sizeof(word), &done, nullptr) != 0);
  }

  nsp::DataStore store;

 private:
  std::wstring path_;
  std::unique_ptr<nsp::ControlFile> control_;
};

nsp::Bytes ToBytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), static_cast<uint32_t>(text.size())};
}

bool Put(Place* place, uint32_t owner, const std::string& key, const std::string& blocks) {
  bool changed = false;
  CHECK(place->store.PutName(owner, ToBytes(key), 1, ToBytes(blocks), &changed).ok());
  return changed;
}

bool Remove(Place* place, const std::string& key) {
  bool removed = false;
  CHECK(place->store.RemoveName(ToBytes(key), &removed).ok());
  return removed;
}

std::string Get(const Place& place, const std::string& key) {
  nsp::DataRecordView view;
  if (!place.store.Read(ToBytes(key), &view)) return "-";
  std::string text(reinterpret_cast<const char*>(view.blocks.data), view.blocks.size);
  text.resize(text.find_last_not_of('\0') + 1);  // without the padding
  return text;
}

bool PutAnswer(Place* place, const std::string& query, uint32_t ttl_ms) {
  nsp::NewDataRecord record;
  const std::string blocks = "answer  ";
  record.key = ToBytes(query);
  record.blocks = ToBytes(blocks);
  record.count = 1;
  record.ttl_ms = ttl_ms;
  return place->store.PutAnswer(record, {nsp::kCounterGlobal, 5}).ok();
}

}  // namespace

TEST(NothingIsMadeBeforeSomethingIsPublished) {
  Place place(L"lazy");
  CHECK_EQUAL(place.number(), 0);
  CHECK_EQUAL(place.store.names(), 0);
  CHECK(Get(place, "ab") == "-");
  CHECK(!Remove(&place, "ab"));
  CHECK_EQUAL(place.number(), 0);
}

TEST(NamesHaveOwnersAndOnlyChangesAreChanges) {
  Place place(L"names");
  CHECK(Put(&place, 1, "ab", "first   "));
  CHECK_EQUAL(place.number(), 1);
  CHECK(!Put(&place, 2, "ab", "first   "));
  CHECK_EQUAL(place.store.OwnerOf(ToBytes("ab")), 2);
  CHECK(Put(&place, 1, "ab", "second  "));
  CHECK(Get(place, "ab") == "second  ");
  CHECK_EQUAL(place.store.names(), 1);
  CHECK(Remove(&place, "ab"));
  CHECK(!Remove(&place, "ab"));
  CHECK(Get(place, "ab") == "-");
  CHECK_EQUAL(place.store.OwnerOf(ToBytes("ab")), nsp::DataStore::kNobody);
  CHECK(Put(&place, 1, "ab", "second  "));
}

TEST(NextHostGoesOnFromWhatIsThere) {
  Place place(L"restart");
  Put(&place, 3, "ab", "first   ");
  Put(&place, 3, "gone", "first   ");
  Remove(&place, "gone");
  CHECK(PutAnswer(&place, "query   ", 60000));
  CHECK(PutAnswer(&place, "short   ", 0));
  place.Start();
  CHECK_EQUAL(place.number(), 1);
  CHECK(Get(place, "ab") == "first   ");
  CHECK(Get(place, "gone") == "-");
  CHECK_EQUAL(place.store.OwnerOf(ToBytes("ab")), 0);
  CHECK_EQUAL(place.store.names(), 1);
  CHECK_EQUAL(place.store.CountAnswers(), 1);
}

TEST(SpoiltFileIsLeftForANewNumber) {
  for (const uint32_t offset : {0u, 8u, 20u, 64u, 64u + 256 * 4 + 50}) {
    Place place(L"spoilt");
    for (int i = 0; i < 500; ++i)
      Put(&place, 1, std::to_string(i), "first   ");
    const uint32_t before = place.number();
    place.store.Close();
    CHECK(place.Spoil(offset));
    place.Start();
    // Readers of the old one must notice; the number has no file until something is published.
    CHECK_EQUAL(place.number(), before + 1);
    CHECK(!place.Has(before + 1));
    CHECK(!place.Has(before));
    CHECK_EQUAL(place.store.names(), 0);
    CHECK(Put(&place, 1, "ab", "again   "));
    CHECK(place.number() > before + 1);
    place.Start();
    CHECK(Get(place, "ab") == "again   ");
  }
}

TEST(MissingAndShortFilesAreLeftToo) {
  Place place(L"missing");
  Put(&place, 1, "ab", "first   ");
  place.store.Close();
  CHECK(DeleteFileW(place.PathOf(1).c_str()) != 0);
  place.Start();
  CHECK_EQUAL(place.number(), 2);
  Put(&place, 1, "ab", "first   ");
  const uint32_t number = place.number();
  place.store.Close();
  {
    nsp::UniqueFile file(CreateFileW(place.PathOf(number).c_str(), GENERIC_WRITE, kShareAll,
                                     nullptr, OPEN_EXISTING, 0, nullptr));
    SetFilePointer(file.get(), 1000, nullptr, FILE_BEGIN);
    CHECK(SetEndOfFile(file.get()) != 0);
  }
  place.Start();
  CHECK_EQUAL(place.number(), number + 1);
  CHECK_EQUAL(place.store.names(), 0);
}

// What a host left that was killed before it could point to the file it had made.
TEST(TakenNumbersArePassedOver) {
  Place place(L"taken");
  nsp::UniqueFile taken(
      CreateFileW(place.PathOf(1).c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, 0, nullptr));
  CHECK(static_cast<bool>(taken));
  CHECK(Put(&place, 1, "ab", "first   "));
  CHECK_EQUAL(place.number(), 2);
  CHECK(place.Has(1));
  taken.reset();
  place.Start();
  CHECK(!place.Has(1));
  CHECK(Get(place, "ab") == "first   ");
}

TEST(FullAndHalfDeadFilesAreFollowedByTheNext) {
  Place place(L"full");
  std::mt19937 random(9);
  std::map<std::string, std::pair<uint32_t, std::string>> said;
  for (int i = 0; i < 20000; ++i) {
    const std::string key = std::to_string(random() % 600) + ".test";
    if (random() % 8 == 0) {
      CHECK_EQUAL(Remove(&place, key), said.erase(key) != 0);
      continue;
    }
    const uint32_t owner = 1 + random() % 3;
    const std::string blocks(8 * (1 + random() % 20), static_cast<char>('a' + random() % 26));
    Put(&place, owner, key, blocks);
    said[key] = {owner, blocks};
  }
  CHECK(place.number() > 10);
  CHECK_EQUAL(place.store.names(), said.size());
  size_t right = 0;
  for (const auto& [key, what] : said) {
    if (Get(place, key) == what.second && place.store.OwnerOf(ToBytes(key)) == what.first) ++right;
  }
  CHECK_EQUAL(right, said.size());
  // Nobody maps the old ones.
  for (uint32_t number = 1; number < place.number(); ++number)
    CHECK(!place.Has(number));
  size_t keys = 0;
  place.store.ForEachKey(nsp::DataStore::kNobody, [&](const nsp::Bytes&) { ++keys; });
  CHECK_EQUAL(keys, said.size());
}

TEST(ReservedRoomIsEnough) {
  Place place(L"reserve");
  CHECK(place.store.Reserve(1000000).ok());
  const uint32_t number = place.number();
  uint64_t bytes = 0;
  for (int i = 0; bytes < 900000; ++i) {
    Put(&place, 1, std::to_string(i), std::string(400, 'x'));
    bytes += 48 + 8 + 400;
  }
  CHECK_EQUAL(place.number(), number);
  CHECK(!place.store.Reserve(uint64_t{nsp::kMaxDataBytes} + 1).ok());
  CHECK(Get(place, "0") == std::string(400, 'x'));
}

TEST(AnswersRunOutAndGoWithTheirFile) {
  Place place(L"answers");
  CHECK(PutAnswer(&place, "long    ", 600000));
  CHECK(PutAnswer(&place, "long    ", 600000));
  CHECK(PutAnswer(&place, "none    ", 0));
  CHECK_EQUAL(place.store.CountAnswers(), 1);
  const uint32_t number = place.number();
  while (place.number() == number)
    CHECK(PutAnswer(&place, "none    ", 0));
  CHECK_EQUAL(place.store.CountAnswers(), 1);
  place.Start();
  CHECK_EQUAL(place.store.CountAnswers(), 1);
}

TEST(WhatIsWrittenOverIsNotThere) {
  Place place(L"over");
  std::mt19937 random(5);
  for (int i = 0; i < 200; ++i)
    Put(&place, 1, "name" + std::to_string(i), "block of it" + std::to_string(i) + "....");
  for (int round = 0; round < 3000; ++round) {
    // Heads and buckets, too; whole words, so that lengths and offsets are anything.
    for (int i = 0; i < 4; ++i)
      place.Scribble(64 + random() % 30000 / 4 * 4,
                     random() % 3 == 0 ? ~random() % 70000 : random());
    nsp::DataRecordView view;
    const std::string number = std::to_string(random() % 200);
    if (place.store.Read(ToBytes("name" + number), &view)) {
      const std::string block = "block of it" + number + "....";
      CHECK(view.blocks.size >= block.size() &&
            std::memcmp(view.blocks.data, block.data(), block.size()) == 0);
    }
    if (round % 10 == 0) Put(&place, 1, "name" + number, "block of it" + number + "....");
    if (round % 50 == 0) Remove(&place, "name" + number);
  }
}

TEST(ClosedStoreRefuses) {
  Place place(L"closed");
  Put(&place, 1, "ab", "first   ");
  place.store.Close();
  bool changed = true;
  CHECK(!place.store.PutName(1, ToBytes("cd"), 1, ToBytes("first   "), &changed).ok());
  CHECK(!PutAnswer(&place, "query   ", 1000));
  CHECK(Get(place, "ab") == "-");
  CHECK_EQUAL(place.store.names(), 0);
}

TEST(OwnerTableAgreesWithAMap) {
  std::mt19937 random(5);
  nsp::OwnerTable table;
  std::map<uint32_t, uint32_t> map;
  int wrong = 0;
  for (int i = 0; i < 200000; ++i) {
    const uint32_t offset = 8 * (1 + random() % 3000);
    if (random() % 3 == 0) {
      table.Erase(offset);
      map.erase(offset);
    } else {
      const uint32_t owner = random();
      table.Set(offset, owner);
      map[offset] = owner;
    }
    const uint32_t asked = 8 * (1 + random() % 3000);
    const uint32_t* found = table.Find(asked);
    const auto known = map.find(asked);
    if ((found == nullptr) != (known == map.end())) ++wrong;
    if (found != nullptr && known != map.end() && *found != known->second) ++wrong;
  }
  CHECK_EQUAL(wrong, 0);
  CHECK_EQUAL(table.size(), map.size());
  const auto sorted = table.Sorted();
  CHECK(std::equal(
      sorted.begin(), sorted.end(), map.begin(), map.end(),
      [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; }));
}
