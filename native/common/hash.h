// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// FNV-1a over bytes, and the folding that makes a name's key; docs/protocol.md fixes both.
#ifndef WINSOCK_NSP_COMMON_HASH_H_
#define WINSOCK_NSP_COMMON_HASH_H_

#include <cstddef>
#include <cstdint>

namespace nsp {

inline uint32_t HashBytes(const void* data, size_t bytes) {
  const auto* at = static_cast<const uint8_t*>(data);
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < bytes; ++i) {
    hash = (hash ^ at[i]) * 16777619u;
  }
  return hash;
}

// HashBytes of UTF-16 text. Most units have an upper half of 0, which changes nothing before it is
// multiplied: one multiplication instead of two.
inline uint32_t HashUnits(const uint16_t* text, size_t units) {
  constexpr uint32_t kPrime = 16777619u;
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < units; ++i) {
    const uint32_t unit = text[i];
    hash = unit < 0x100 ? (hash ^ unit) * (kPrime * kPrime)
                        : (((hash ^ (unit & 0xff)) * kPrime) ^ (unit >> 8)) * kPrime;
  }
  return hash;
}

// ASCII only, as in DNS: the same folding in every process and language, whatever its locale.
inline uint16_t FoldCase(uint16_t unit) {
  return unit >= 'A' && unit <= 'Z' ? static_cast<uint16_t>(unit + ('a' - 'A')) : unit;
}

// FoldCase of four units at once. Sums of the lower 15 bits stay in their unit, and their top bit
// tells what they have passed.
inline uint64_t FoldFour(uint64_t units) {
  constexpr uint64_t kEach = 0x0001000100010001;
  constexpr uint64_t kTop = 0x8000 * kEach;
  const uint64_t low = units & ~kTop;
  const uint64_t from_a = low + (0x8000 - 'A') * kEach;
  const uint64_t behind_z = low + (0x8000 - 'Z' - 1) * kEach;
  return units | ((from_a & ~behind_z & ~units & kTop) >> 10);
}

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_HASH_H_
