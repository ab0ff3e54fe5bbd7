// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a host believes of a client's frame before anything else looks at it. Portable and
// freestanding; nothing here allocates or waits.
#ifndef WINSOCK_NSP_COMMON_FRAME_CHECK_H_
#define WINSOCK_NSP_COMMON_FRAME_CHECK_H_

#include <cstddef>
#include <cstdint>

#include "wire.h"

namespace nsp {

// The header of a message of `bytes` bytes. False: there is none, or its size cannot be a frame's.
// The size may still be larger than `bytes`: the rest of the message is not read yet.
[[nodiscard]] bool ReadFrameHeader(const uint8_t* frame, size_t bytes, FrameHeader* header);

// True if the message is one whole, well-formed frame from a client: its size is the message's, its
// kind, flags and numbers are known, and every length it declares lies inside it.
[[nodiscard]] bool CheckClientFrame(const uint8_t* frame, size_t bytes);

// The lookups that a frame says have ended before it (kFrameHasEnds): the frame's last `bytes`
// bytes.
struct EndList {
  const uint8_t* lookups = nullptr;  // `count` numbers, perhaps not aligned
  uint32_t count = 0;
  size_t bytes = 0;

  [[nodiscard]] uint32_t at(uint32_t index) const;
};

// The list of a frame; an empty one without kFrameHasEnds. False: it does not lie inside the frame,
// has too many numbers or none, or a 0.
[[nodiscard]] bool ReadEnds(const uint8_t* frame, size_t bytes, EndList* ends);

// True for the kinds that the host answers once: Next, Ioctl, StillValid, SetService and those on
// classes. Their bodies begin with the milliseconds left.
[[nodiscard]] bool IsCall(uint16_t kind);

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_FRAME_CHECK_H_
