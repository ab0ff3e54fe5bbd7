// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What an ANSI client's buffer is filled with, piece behind piece. One walk measures and writes.
#ifndef RIG_ANSI_PACKER_H_
#define RIG_ANSI_PACKER_H_

#include <cstdint>

#include "ansi.h"

namespace rig {

// Hands out places in the client's buffer, or only counts when it has none. Alignment is relative
// to the buffer's start: an aligned buffer gets aligned members, an odd one odd members, which
// these two architectures bear, and the size is the same for both.
class AnsiPacker {
 public:
  AnsiPacker(void* buffer, DWORD start)
      : base_(reinterpret_cast<uintptr_t>(buffer)), used_(start) {}

  void* Place(const void* data, size_t size, size_t alignment) {
    if (data == nullptr) return nullptr;
    used_ = (used_ + alignment - 1) / alignment * alignment;
    const size_t offset = used_;
    used_ += size;
    if (base_ == 0) return nullptr;
    void* const place = reinterpret_cast<void*>(base_ + offset);
    memcpy(place, data, size);
    return place;
  }

  template <class T>
  T* Copy(const T* data, size_t count = 1) {
    if (count == 0) return nullptr;
    return static_cast<T*>(Place(data, count * sizeof(T), alignof(T)));
  }

  char* Text(const wchar_t* text) {
    if (text == nullptr) return nullptr;
    const std::string narrow = Narrow(text);
    return static_cast<char*>(Place(narrow.c_str(), narrow.size() + 1, 1));
  }

  size_t used() const { return used_; }

 private:
  uintptr_t base_;
  size_t used_;
};

}  // namespace rig

#endif  // RIG_ANSI_PACKER_H_
