// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the blocks of the wire are made of: values and runs of bytes, each padded to 4. Portable and
// freestanding.
#ifndef WINSOCK_NSP_COMMON_BLOCK_H_
#define WINSOCK_NSP_COMMON_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "constants.h"
#include "short_bytes.h"

namespace nsp {

// Bytes that belong to somebody else. UTF-16 fields have an even length and no terminator.
struct Bytes {
  const uint8_t* data = nullptr;
  uint32_t size = 0;
};

constexpr size_t Pad4(size_t size) {
  return (size + 3) & ~size_t{3};
}

constexpr bool TextSizeAllowed(uint32_t size) {
  return size % 2 == 0 && size <= kMaxStringChars * 2;
}

// Takes `size` bytes and their padding off the front of `rest`.
[[nodiscard]] inline bool TakeBytes(Bytes* rest, uint32_t size, Bytes* taken) {
  if (size > rest->size || Pad4(size) > rest->size) {
    return false;
  }
  *taken = {rest->data, size};
  rest->data += Pad4(size);
  rest->size -= static_cast<uint32_t>(Pad4(size));
  return true;
}

template <typename T>
[[nodiscard]] bool TakeValue(Bytes* rest, T* value) {
  static_assert(sizeof(T) % 4 == 0);
  Bytes taken;
  if (!TakeBytes(rest, sizeof(T), &taken)) {
    return false;
  }
  std::memcpy(value, taken.data, sizeof(T));
  return true;
}

// Writes bytes and their padding at `*at`, which moves behind them.
inline void PutBytes(uint8_t** at, const void* data, size_t size) {
  constexpr uint32_t kPadding = 0;
  if (size % sizeof(kPadding) != 0) {
    std::memcpy(*at + size / sizeof(kPadding) * sizeof(kPadding), &kPadding, sizeof(kPadding));
  }
  CopyBytes(*at, data, size);
  *at += Pad4(size);
}

// A length, then that many bytes.
inline void PutSized(uint8_t** at, const Bytes& bytes) {
  PutBytes(at, &bytes.size, sizeof(bytes.size));
  PutBytes(at, bytes.data, bytes.size);
}

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_BLOCK_H_
