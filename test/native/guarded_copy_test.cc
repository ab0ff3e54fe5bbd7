// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The guarded copy of every size, and against memory that is not there, may not be written, or ends
// in the middle.
#include "guarded_copy.h"

#include <cstring>

#include "check.h"
#include "windows_headers.h"

namespace {

constexpr size_t kPage = 4096;

// Two pages of which only the first is there.
char* HalfMapped() {
  static char* block = [] {
    auto* pages = static_cast<char*>(VirtualAlloc(nullptr, 2 * kPage, MEM_RESERVE, PAGE_NOACCESS));
    VirtualAlloc(pages, kPage, MEM_COMMIT, PAGE_READWRITE);
    return pages;
  }();
  return block;
}

}  // namespace

TEST(copies_good_memory) {
  char from[] = "hello";
  char to[6] = {};
  CHECK(nsp::GuardedCopy(to, from, sizeof(from)));
  CHECK(std::strcmp(from, to) == 0);
  CHECK(nsp::GuardedCopy(to, nullptr, 0));
}

TEST(every_size_is_copied_whole_and_no_byte_more) {
  constexpr size_t kMost = 600;
  constexpr char kAround = 0x55;
  char from[kMost];
  char to[kMost + 2];
  for (size_t i = 0; i < kMost; ++i)
    from[i] = static_cast<char>(i * 7 + i / 256);
  for (size_t size = 0; size <= kMost; ++size) {
    std::memset(to, kAround, sizeof(to));
    CHECK(nsp::GuardedCopy(to + 1, from, size));
    CHECK(std::memcmp(to + 1, from, size) == 0);
    CHECK(to[0] == kAround && to[size + 1] == kAround);
    CHECK(nsp::GuardedCopy(to, HalfMapped() + kPage - size, size));
    CHECK(size == 0 || !nsp::GuardedCopy(to, HalfMapped() + kPage - size + 1, size));
    CHECK(size == 0 || !nsp::GuardedCopy(HalfMapped() + kPage - size + 1, from, size));
  }
}

TEST(answers_false_for_bad_memory) {
  char buffer[16] = {};
  CHECK(!nsp::GuardedCopy(buffer, nullptr, 1));
  CHECK(!nsp::GuardedCopy(nullptr, buffer, 1));
  CHECK(!nsp::GuardedCopy(buffer, reinterpret_cast<void*>(~uintptr_t{0} - 4), 16));
  CHECK(!nsp::GuardedCopy(reinterpret_cast<void*>(&HalfMapped), buffer, 1));  // code is read-only
  CHECK(nsp::GuardedCopy(HalfMapped() + kPage - 4, buffer, 4));
  CHECK(!nsp::GuardedCopy(HalfMapped() + kPage - 4, buffer, 5));
}

TEST(words_are_gathered_or_none_is_believed) {
  auto* const words = reinterpret_cast<uint32_t*>(HalfMapped());
  constexpr uint16_t kLast = kPage / sizeof(uint32_t) - 1;
  words[0] = 10;
  words[7] = 17;
  words[kLast] = 99;
  const uint16_t index[] = {7, 0, kLast, kLast + 1};
  uint32_t to[4] = {1, 1, 1, 1};
  CHECK(nsp::GuardedGather(to, words, index, 0));
  CHECK_EQUAL(to[0], 1u);
  CHECK(nsp::GuardedGather(to, words, index, 3));
  CHECK_EQUAL(to[0], 17u);
  CHECK_EQUAL(to[1], 10u);
  CHECK_EQUAL(to[2], 99u);
  CHECK_EQUAL(to[3], 1u);
  CHECK(!nsp::GuardedGather(to, words, index, 4));
  CHECK(!nsp::GuardedGather(nullptr, words, index, 1));
  CHECK(!nsp::GuardedGather(to, nullptr, index, 1));
}

TEST(words_match_if_all_are_there_and_the_same) {
  auto* const words = reinterpret_cast<uint32_t*>(HalfMapped());
  constexpr size_t kLast = kPage / sizeof(uint32_t) - 1;
  words[1] = 11;
  words[2] = 12;
  words[kLast] = 99;
  constexpr uint64_t kPair = uint64_t{12} << 32 | 11;
  CHECK(nsp::GuardedMatch(words + 1, kPair, words + kLast, 99));
  CHECK(!nsp::GuardedMatch(words + 1, kPair + 1, words + kLast, 99));
  CHECK(!nsp::GuardedMatch(words + 1, kPair ^ uint64_t{1} << 32, words + kLast, 99));
  CHECK(!nsp::GuardedMatch(words + 1, kPair, words + kLast, 98));
  CHECK(!nsp::GuardedMatch(words + 1, kPair, words + kLast + 1, 0));
  CHECK(!nsp::GuardedMatch(words + kLast, 99, words + kLast, 99));
  CHECK(!nsp::GuardedMatch(nullptr, 0, words, 0));
  CHECK(!nsp::GuardedMatch(words, 0, nullptr, 0));
}

TEST(goes_on_after_many_faults) {
  char byte = 0;
  int faults = 0;
  for (int i = 0; i < 10000; ++i)
    faults += nsp::GuardedCopy(&byte, nullptr, 1) ? 0 : 1;
  CHECK_EQUAL(faults, 10000);
}

TEST(a_guard_page_is_a_fault) {
  auto* page = static_cast<char*>(
      VirtualAlloc(nullptr, kPage, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD));
  char byte = 0;
  CHECK(!nsp::GuardedCopy(&byte, page, 1));
  VirtualFree(page, 0, MEM_RELEASE);
}

TEST(length_stops_at_the_end_of_the_page) {
  for (size_t offset = 8; offset < 40; ++offset) {
    char* at = HalfMapped() + kPage - offset;
    size_t units = offset / 2 - 1;
    std::memset(at, 'x', offset);
    std::memset(at + units * 2, 0, 2);
    uint32_t length = 0;
    CHECK(nsp::GuardedLength(at, 100, &length));
    CHECK_EQUAL(length, units);
    CHECK(!nsp::GuardedLength(at, static_cast<uint32_t>(units) - 1, &length));
    std::memset(at, 'x', offset);
    CHECK(!nsp::GuardedLength(at, 100, &length));
  }
}

TEST(a_short_text_is_copied_up_to_the_end_of_its_page) {
  for (size_t offset = 1; offset < 160; ++offset) {
    char* at = HalfMapped() + kPage - offset;
    const size_t units = offset / 2;
    std::memset(at, 'x', offset);
    uint16_t copy[128];
    uint32_t length = 0;
    CHECK(!nsp::GuardedShortText(copy, 128, at, &length));  // goes on where nothing is mapped
    if (units == 0) continue;
    std::memset(at + (units - 1) * 2, 0, 2);
    CHECK(nsp::GuardedShortText(copy, 128, at, &length));
    CHECK_EQUAL(length, units - 1);
    CHECK(std::memcmp(copy, at, units * 2) == 0);
    CHECK(nsp::GuardedShortText(copy, static_cast<uint32_t>(units), at, &length));
    CHECK(!nsp::GuardedShortText(copy, static_cast<uint32_t>(units) - 1, at, &length));
  }
}

TEST(a_text_that_became_shorter_is_cut_there) {
  const char16_t text[] = u"ab\0de";
  uint16_t copy[5] = {};
  uint32_t units = 5;  // as it was when its end was looked for
  CHECK(nsp::GuardedText(copy, text, &units));
  CHECK_EQUAL(units, 2);
  units = 2;
  CHECK(nsp::GuardedText(copy, text, &units));
  CHECK_EQUAL(units, 2);
  CHECK(!nsp::GuardedText(copy, nullptr, &units));
}
