// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Comparing and copying what is as short as names are, without a call.
#ifndef WINSOCK_NSP_COMMON_SHORT_BYTES_H_
#define WINSOCK_NSP_COMMON_SHORT_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nsp {

inline bool SameBytes(const void* one, const void* other, size_t size) {
  const auto* const a = static_cast<const uint8_t*>(one);
  const auto* const b = static_cast<const uint8_t*>(other);
  const auto differ_at = [&](size_t at) {
    uint64_t x;
    uint64_t y;
    std::memcpy(&x, a + at, sizeof(x));
    std::memcpy(&y, b + at, sizeof(y));
    return x != y;
  };
  if (size < sizeof(uint64_t)) {
    return size == 0 || std::memcmp(a, b, size) == 0;
  }
  // The last word first; it may overlap the one before.
  const size_t last = size - sizeof(uint64_t);
  bool same = !differ_at(last);
  for (size_t at = 0; same && at < last; at += sizeof(uint64_t)) {
    same = !differ_at(at);
  }
  return same;
}

// The two do not overlap.
inline void CopyBytes(void* to, const void* from, size_t size) {
  constexpr size_t kShort = 256;
  auto* const a = static_cast<uint8_t*>(to);
  const auto* const b = static_cast<const uint8_t*>(from);
  if (size < sizeof(uint64_t) || size > kShort) {
    if (size != 0) {
      std::memcpy(to, from, size);
    }
    return;
  }
  const size_t last = size - sizeof(uint64_t);
  for (size_t at = 0; at < last; at += sizeof(uint64_t)) {
    std::memcpy(a + at, b + at, sizeof(uint64_t));
  }
  std::memcpy(a + last, b + last, sizeof(uint64_t));
}

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_SHORT_BYTES_H_
