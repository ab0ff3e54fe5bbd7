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
#include "short_bytes.h"

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
  // there; `*local` is where it lies in the block, if that has room for it, else nullptr.
  uintptr_t Reserve(size_t bytes, uint8_t** local) {
    offset_ += (0 - (target_ + offset_)) & (kAlign - 1);
    const uintptr_t address = target_ + offset_;
    *local = offset_ <= room_ && bytes <= room_ - offset_ ? block_ + offset_ : nullptr;
    offset_ += bytes;
    return address;
  }

  // The same with what is to lie there.
  uintptr_t Place(const void* data, size_t bytes) {
    uint8_t* local = nullptr;
    const uintptr_t address = Reserve(bytes, &local);
    if (local != nullptr) {
      CopyShort(local, data, bytes);
    }
    return address;
  }

  // UTF-16 text with a terminator; the block is zeroed, so the terminator is there.
  LPWSTR PlaceText(const Bytes& text) {
    uint8_t* local = nullptr;
    const uintptr_t address = Reserve(text.size + sizeof(uint16_t), &local);
    if (local != nullptr) {
      CopyBytes(local, text.data, text.size);
    }
    return reinterpret_cast<LPWSTR>(address);
  }

  // The head stands first, wherever the buffer begins. It is filled where it lies in the block (in
  // `spare` if that has no room): a copy of what was just stored in smaller pieces has to wait.
  template <typename T>
  T* Head(T* spare) {
    SkipHead(sizeof(T));
    T* const head = sizeof(T) <= room_ ? reinterpret_cast<T*>(block_) : spare;
    *head = {};
    return head;
  }
  // The same for a block that may lie anywhere: written when all its pointers are known.
  void SkipHead(size_t bytes) {
    offset_ = bytes + ((0 - (target_ + bytes)) & (kAlign - 1));
    lead_ = offset_ - (bytes + kAlign - 1) / kAlign * kAlign;
  }
  template <typename T>
  void WriteHead(const T& head) {
    if (sizeof(head) <= room_) {
      std::memcpy(block_, &head, sizeof(head));
    }
  }

  size_t offset() const { return offset_; }
  // What offset() would be at a target of 0: does not depend on where the buffer lies.
  size_t measured() const { return offset_ - lead_; }

 private:
  // GUIDs, and sockaddrs of IPv4, are a few moves and no call.
  static void CopyShort(uint8_t* to, const void* data, size_t bytes) {
    constexpr size_t kUsual = 16;
    if (bytes == kUsual) {
      std::memcpy(to, data, kUsual);
    } else {
      CopyBytes(to, data, bytes);
    }
  }

  uint8_t* block_ = nullptr;
  size_t room_ = 0;
  uintptr_t target_ = 0;
  size_t offset_ = 0;
  size_t lead_ = 0;  // how much the head's padding differs from that at a target of 0; may wrap
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
