// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Builds one frame: header, fixed body, then whatever follows, and at the end the lookups that have
// ended before it. A short one lies where it is built.
#ifndef WINSOCK_NSP_PROVIDER_FRAME_H_
#define WINSOCK_NSP_PROVIDER_FRAME_H_

#include <cstring>

#include "memory.h"
#include "wire.h"

namespace nsp {

class Frame {
 public:
  Frame() = default;
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  // Room for the header and `body_bytes`. False: no memory, or more than a frame may have.
  [[nodiscard]] bool Start(uint32_t kind, uint32_t flags, uint32_t lookup, size_t body_bytes) {
    size_t size = sizeof(FrameHeader) + body_bytes;
    if (size > kMaxFrameBytes) {
      return false;
    }
    if (size + kEndsBytes > sizeof(short_)) {
      if (!long_.Resize(size + kEndsBytes)) {
        return false;
      }
      data_ = long_.data();
    }
    FrameHeader header = {static_cast<uint32_t>(size), static_cast<uint16_t>(kind),
                          static_cast<uint16_t>(flags), 0, lookup};
    Append(&header, sizeof(header));
    return true;
  }
  void Append(const void* data, size_t bytes) {
    if (bytes != 0) {
      std::memcpy(data_ + used_, data, bytes);
    }
    used_ += static_cast<uint32_t>(bytes);
  }
  // Overwrites a number of the body.
  void Put(size_t body_offset, uint32_t value) {
    std::memcpy(data_ + sizeof(FrameHeader) + body_offset, &value, sizeof(value));
  }
  // The call's id is known only when it stands in the connection's list.
  void SetCall(uint32_t call) {
    std::memcpy(data_ + offsetof(FrameHeader, call), &call, sizeof(call));
  }
  // Once, on a whole frame; 1 to kMaxDeferredEnds. False: then it would be too long.
  [[nodiscard]] bool AddEnds(const uint32_t* lookups, uint32_t count) {
    size_t bytes = count * sizeof(uint32_t);
    if (used_ + bytes + sizeof(count) > kMaxFrameBytes) {
      return false;
    }
    Append(lookups, bytes);
    Append(&count, sizeof(count));
    FrameHeader header = Header();
    header.size = used_;
    header.flags |= static_cast<uint16_t>(kFrameHasEnds);
    std::memcpy(data_, &header, sizeof(header));
    return true;
  }
  void SayBreakerOpened() {
    FrameHeader header = Header();
    header.flags |= static_cast<uint16_t>(kFrameBreakerOpened);
    std::memcpy(data_, &header, sizeof(header));
  }
  FrameHeader Header() const {
    FrameHeader header;
    std::memcpy(&header, data_, sizeof(header));
    return header;
  }
  const uint8_t* data() const { return data_; }
  uint32_t size() const { return used_; }

 private:
  static constexpr size_t kEndsBytes = (kMaxDeferredEnds + 1) * sizeof(uint32_t);

  uint8_t* data_ = short_;
  uint32_t used_ = 0;
  Buffer long_;
  uint8_t short_[1024];
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_FRAME_H_
