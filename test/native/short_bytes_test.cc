// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Short runs of bytes of every size: compared to the last byte, copied to the last and no further.
#include "short_bytes.h"

#include <vector>

#include "check.h"

TEST(runs_that_differ_anywhere_are_not_the_same) {
  for (size_t size = 0; size <= 40; ++size) {
    const std::vector<uint8_t> one(size + 1, 7);
    std::vector<uint8_t> other = one;
    other[size] = 8;  // behind the end
    CHECK(nsp::SameBytes(one.data(), other.data(), size));
    for (size_t at = 0; at < size; ++at) {
      other[at] = 8;
      CHECK(!nsp::SameBytes(one.data(), other.data(), size));
      other[at] = 7;
    }
  }
}

TEST(short_copies_take_no_byte_more_either) {
  constexpr size_t kMost = 300;
  uint8_t from[kMost];
  uint8_t to[kMost + 2];
  for (size_t i = 0; i < kMost; ++i)
    from[i] = static_cast<uint8_t>(i * 7 + i / 256);
  for (size_t size = 0; size <= kMost; ++size) {
    std::memset(to, 0x55, sizeof(to));
    nsp::CopyBytes(to + 1, from, size);
    CHECK(nsp::SameBytes(to + 1, from, size));
    CHECK(to[0] == 0x55 && to[size + 1] == 0x55);
  }
}
