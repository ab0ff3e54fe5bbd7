// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Lays a structure and all it points to behind each other in a caller's buffer. The walk over the
// fields runs twice: without a block it measures, with one it writes.
//
// What is written is packed in memory of our own, with pointers already as they will be in the
// caller's buffer, then copied over in one guarded step: a buffer that vanishes meanwhile costs the
// caller a WSAEFAULT and nothing else.
#ifndef WINSOCK_NSP_PROVIDER_PACKER_H_
#define WINSOCK_NSP_PROVIDER_PACKER_H_

#include <cstring>

#include "guarded_copy.h"
#include "memory.h"
#include "query_set.h"

namespace nsp {

class Packer {
 public:
  static constexpr size_t kAlign = 8;

  // Only measures.
  Packer() = default;
  // Writes into `block`, as it will stand at the address `target`.
  Packer(uint8_t* block, uintptr_t target) : block_(block), target_(target) {}

  // `bytes` at the next place whose address in the caller's buffer is aligned. Returns the address
  // there; `*local` is where it lies in the block, unless this only measures.
  uintptr_t Place(const void* data, size_t bytes, uint8_t** local = nullptr) {
    offset_ += (kAlign - ((target_ + offset_) & (kAlign - 1))) & (kAlign - 1);
    uintptr_t address = target_ + offset_;
    if (block_ != nullptr) {
      if (data != nullptr && bytes != 0) {
        std::memcpy(block_ + offset_, data, bytes);
      }
      if (local != nullptr) {
        *local = block_ + offset_;
      }
    }
    offset_ += bytes;
    return address;
  }

  // UTF-16 text with a terminator; the block is zeroed, so the terminator is there.
  LPWSTR PlaceText(const Bytes& text) {
    uint8_t* local = nullptr;
    uintptr_t address = Place(nullptr, text.size + sizeof(uint16_t), &local);
    if (local != nullptr && text.size != 0) {
      std::memcpy(local, text.data, text.size);
    }
    return reinterpret_cast<LPWSTR>(address);
  }

  // The head stands first, wherever the buffer begins; it is written when all its pointers are
  // known.
  void SkipHead(size_t bytes) { offset_ = bytes; }
  template <typename T>
  void WriteHead(const T& head) {
    if (block_ != nullptr) {
      std::memcpy(block_, &head, sizeof(head));
    }
  }

  size_t offset() const { return offset_; }

 private:
  uint8_t* block_ = nullptr;
  uintptr_t target_ = 0;
  size_t offset_ = 0;
};

// Runs `walk` over a packer that measures, then over one that writes. Returns 0, WSAEFAULT (too
// small: *need is set; memory not writable: *need is 0) or WSA_NOT_ENOUGH_MEMORY. *need does not
// depend on where the buffer lies. Nothing is written unless all fits.
template <typename Walk>
[[nodiscard]] DWORD PackInto(void* buffer, uint32_t length, uint32_t* need, const Walk& walk) {
  Packer measure;
  walk(&measure);
  // The spare bytes serve a buffer that does not begin on a multiple of 8; they count wherever it
  // begins.
  constexpr size_t kAlign = Packer::kAlign;
  *need = static_cast<uint32_t>((measure.offset() + kAlign - 1) / kAlign * kAlign + kAlign - 1);
  if (length < *need) {
    return WSAEFAULT;
  }
  // What most results need, without an allocation.
  uint8_t small[512];
  uint8_t* block = small;
  Buffer large;
  if (*need > sizeof(small)) {
    if (!large.Resize(*need)) {
      return WSA_NOT_ENOUGH_MEMORY;
    }
    block = large.data();
  } else {
    std::memset(small, 0, *need);
  }
  Packer packer(block, reinterpret_cast<uintptr_t>(buffer));
  walk(&packer);
  if (buffer == nullptr || !GuardedCopy(buffer, block, packer.offset())) {
    *need = 0;
    return WSAEFAULT;
  }
  return 0;
}

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_PACKER_H_
