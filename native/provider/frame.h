// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Builds one frame: header, fixed body, then whatever follows.
#ifndef WINSOCK_NSP_PROVIDER_FRAME_H_
#define WINSOCK_NSP_PROVIDER_FRAME_H_

#include <cstring>

#include "memory.h"
#include "wire.h"

namespace nsp {

class Frame {
 public:
  // Room for the header and `body_bytes`. False: no memory, or more than a frame may have.
  [[nodiscard]] bool Start(uint32_t kind, uint32_t flags, uint32_t lookup, size_t body_bytes) {
    size_t size = sizeof(FrameHeader) + body_bytes;
    if (size > kMaxFrameBytes || !buffer_.Resize(size)) {
      return false;
    }
    FrameHeader header = {static_cast<uint32_t>(size), static_cast<uint16_t>(kind),
                          static_cast<uint16_t>(flags), 0, lookup};
    Append(&header, sizeof(header));
    return true;
  }
  void Append(const void* data, size_t bytes) {
    if (bytes != 0) {
      std::memcpy(buffer_.data() + used_, data, bytes);
    }
    used_ += bytes;
  }
  // The call's id is known only when it stands in the connection's list.
  void SetCall(uint32_t call) {
    std::memcpy(buffer_.data() + offsetof(FrameHeader, call), &call, sizeof(call));
  }
  const Buffer& buffer() const { return buffer_; }

 private:
  Buffer buffer_;
  size_t used_ = 0;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_FRAME_H_
