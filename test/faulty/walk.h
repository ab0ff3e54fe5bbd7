// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Hands out places in a client's buffer, every one aligned wherever the buffer begins. Without a
// buffer it only counts, from an aligned base; so what measures is what writes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "switches.h"

namespace faulty {

class Walk {
 public:
  // The first `head` bytes are the structure that everything else hangs from.
  Walk(uint8_t* buffer, size_t head) : buffer_(buffer), at_(head) {}

  template <typename T>
  T* Take(size_t size) {
    uintptr_t base = reinterpret_cast<uintptr_t>(buffer_);
    if (base % 8 != 0 && Broken(Switch::kUnalignedMembers)) base = 0;
    const uintptr_t aligned = (base + at_ + 7) & ~static_cast<uintptr_t>(7);
    const size_t place = aligned - base;
    at_ = place + size;
    return buffer_ ? reinterpret_cast<T*>(buffer_ + place) : nullptr;
  }

  template <typename T>
  T* Copy(const void* data, size_t size) {
    T* place = Take<T>(size);
    if (place && size > 0) std::memcpy(static_cast<void*>(place), data, size);
    return place;
  }

  // Null for an empty text.
  wchar_t* Text(const std::wstring& text) {
    return text.empty() ? nullptr
                        : Copy<wchar_t>(text.c_str(), (text.size() + 1) * sizeof(wchar_t));
  }

  // Bytes that suffice for any alignment of the buffer: aligned size + 7.
  size_t need() const { return ((at_ + 7) & ~static_cast<size_t>(7)) + 7; }

 private:
  uint8_t* buffer_;
  size_t at_;
};

}  // namespace faulty
