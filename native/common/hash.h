// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// FNV-1a over GUIDs and text, and the folding that makes a name's key; docs/protocol.md fixes them.
#ifndef WINSOCK_NSP_COMMON_HASH_H_
#define WINSOCK_NSP_COMMON_HASH_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nsp {

inline constexpr uint32_t kHashStart = 2166136261u;

inline uint32_t HashStep(uint32_t hash, uint32_t value) {
  return (hash ^ value) * 16777619u;
}

// A GUID as it lies in memory, a step for each word. GUIDs that differ in the upper bits of a word
// differ in the upper bits of the hash alone.
inline uint32_t HashGuid(const uint8_t* guid) {
  uint32_t hash = kHashStart;
  for (size_t at = 0; at < 16; at += sizeof(uint32_t)) {
    uint32_t word;
    std::memcpy(&word, guid + at, sizeof(word));
    hash = HashStep(hash, word);
  }
  return hash;
}

// UTF-16 text at any address, a step for each unit, from the last to the first: on its way it meets
// the hash of each suffix.
inline uint32_t HashText(const void* text, size_t units) {
  const auto* at = static_cast<const uint8_t*>(text);
  uint32_t hash = kHashStart;
  while (units-- != 0) {
    uint16_t unit;
    std::memcpy(&unit, at + units * sizeof(unit), sizeof(unit));
    hash = HashStep(hash, unit);
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
