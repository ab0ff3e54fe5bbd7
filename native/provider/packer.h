// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Lays a structure and all it points to behind each other in a caller's buffer. One walk over the
// fields measures, and writes what has room in the block.
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
  // Writes into `block`, zeroed, as it will stand at the address `target`.
  Packer(uint8_t* block, size_t room, uintptr_t target)
      : block_(block), room_(room), target_(target) {}

  // `bytes` at the next place whose address in the caller's buffer is aligned. Returns the address
  // there; `*local` is where it lies in the block, if that has room for it.
  uintptr_t Place(const void* data, size_t bytes, uint8_t** local = nullptr);

  // UTF-16 text with a terminator; the block is zeroed, so the terminator is there.
  LPWSTR PlaceText(const Bytes& text);

  // The head stands first, wherever the buffer begins; it is written when all its pointers are
  // known.
  void SkipHead(size_t bytes) { offset_ = measured_ = bytes; }
  template <typename T>
  void WriteHead(const T& head) {
    if (sizeof(head) <= room_) {
      std::memcpy(block_, &head, sizeof(head));
    }
  }

  size_t offset() const { return offset_; }
  // What offset() would be at a target of 0: does not depend on where the buffer lies.
  size_t measured() const { return measured_; }

 private:
  uint8_t* block_ = nullptr;
  size_t room_ = 0;
  uintptr_t target_ = 0;
  size_t offset_ = 0;
  size_t measured_ = 0;
};

// Runs `walk` over a packer, once more if the result is large. Returns 0, WSAEFAULT (too small:
// *need is set; memory not writable: *need is 0) or WSA_NOT_ENOUGH_MEMORY. *need does not depend on
// where the buffer lies. Nothing is written unless all fits.
template <typename Walk>
[[nodiscard]] DWORD PackInto(void* buffer, uint32_t length, uint32_t* need, const Walk& walk) {
  // What most results need, without an allocation.
  alignas(8) uint8_t small[512];
  uint8_t* block = small;
  Buffer large;
  const auto target = reinterpret_cast<uintptr_t>(buffer);
  std::memset(small, 0, sizeof(small));
  Packer packer(small, sizeof(small), target);
  walk(&packer);
  // The spare bytes serve a buffer that does not begin on a multiple of 8; they count wherever it
  // begins.
  constexpr size_t kAlign = Packer::kAlign;
  *need = static_cast<uint32_t>((packer.measured() + kAlign - 1) / kAlign * kAlign + kAlign - 1);
  if (length < *need) {
    return WSAEFAULT;
  }
  if (packer.offset() > sizeof(small)) {
    if (!large.Resize(*need)) {
      return WSA_NOT_ENOUGH_MEMORY;
    }
    block = large.data();
    packer = Packer(block, *need, target);
    walk(&packer);
  }
  if (buffer == nullptr || !GuardedCopy(buffer, block, packer.offset())) {
    *need = 0;
    return WSAEFAULT;
  }
  return 0;
}

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_PACKER_H_
