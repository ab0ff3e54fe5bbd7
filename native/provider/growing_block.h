// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Encoded parts behind each other whose number and sizes are known only when the client's memory
// has been read. Never grows beyond what a frame can carry.
#ifndef WINSOCK_NSP_PROVIDER_GROWING_BLOCK_H_
#define WINSOCK_NSP_PROVIDER_GROWING_BLOCK_H_

#include <cstring>

#include "memory.h"
#include "query_set.h"

namespace nsp {

class GrowingBlock {
 public:
  // Room for `bytes` more, valid until the next call. Returns 0, WSAENOBUFS (no frame can carry it)
  // or WSA_NOT_ENOUGH_MEMORY.
  [[nodiscard]] DWORD Extend(size_t bytes, uint8_t** room) {
    if (bytes > kMaxFrameBytes - size_) {
      return WSAENOBUFS;
    }
    if (bytes > buffer_.size() - size_) {
      size_t larger = 2 * (size_ + bytes);
      Buffer grown;
      if (!grown.Resize(larger < kMaxFrameBytes ? larger : kMaxFrameBytes)) {
        return WSA_NOT_ENOUGH_MEMORY;
      }
      if (size_ != 0) {
        std::memcpy(grown.data(), buffer_.data(), size_);
      }
      buffer_ = std::move(grown);
    }
    *room = buffer_.data() + size_;
    size_ += static_cast<uint32_t>(bytes);
    return 0;
  }
  Bytes View() const { return {buffer_.data(), size_}; }

 private:
  Buffer buffer_;
  uint32_t size_ = 0;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_GROWING_BLOCK_H_
