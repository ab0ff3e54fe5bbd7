// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See packer.h. Not inline: a result calls it for each of its fields.
#include "packer.h"

namespace nsp {
namespace {

constexpr size_t kGuidBytes = 16;  // and those of an IPv4 address

}  // namespace

uintptr_t Packer::Place(const void* data, size_t bytes, uint8_t** local) {
  offset_ += (kAlign - ((target_ + offset_) & (kAlign - 1))) & (kAlign - 1);
  measured_ = (measured_ + kAlign - 1) / kAlign * kAlign + bytes;
  const uintptr_t address = target_ + offset_;
  if (offset_ <= room_ && bytes <= room_ - offset_) {
    if (data != nullptr && bytes == kGuidBytes) {
      std::memcpy(block_ + offset_, data, kGuidBytes);  // a few moves: no call
    } else if (data != nullptr && bytes != 0) {
      std::memcpy(block_ + offset_, data, bytes);
    }
    if (local != nullptr) {
      *local = block_ + offset_;
    }
  }
  offset_ += bytes;
  return address;
}

LPWSTR Packer::PlaceText(const Bytes& text) {
  uint8_t* local = nullptr;
  const uintptr_t address = Place(nullptr, text.size + sizeof(uint16_t), &local);
  if (local != nullptr && text.size != 0) {
    std::memcpy(local, text.data, text.size);
  }
  return reinterpret_cast<LPWSTR>(address);
}

}  // namespace nsp
