// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the I/O thread tells JavaScript: plain values, made there and read on JavaScript's thread.
// Frames, of which there are most, lie packed in one run of bytes; all else is an Event.
#ifndef WINSOCK_NSP_ADDON_EVENT_H_
#define WINSOCK_NSP_ADDON_EVENT_H_

#include <cstdint>
#include <vector>

#include "client_identity.h"
#include "wire.h"

namespace nsp {

enum class CloseReason { kClosed, kKilled, kRefused, kProtocol };

struct Event {
  enum class Type { kConnect, kDisconnect, kLate, kRetired };

  Type type = Type::kRetired;
  uint32_t client = 0;
  ClientIdentity identity;                    // kConnect
  CloseReason reason = CloseReason::kClosed;  // kDisconnect
  uint32_t call = 0;                          // kLate
};

// A frame on its way to JavaScript, in a run of them: this head, `header.size - sizeof(header)`
// bytes of body, zeros up to the next multiple of 4 (lib/host/frames.ts reads it).
struct FrameRecord {
  uint32_t client;
  FrameHeader header;

  [[nodiscard]] size_t body_bytes() const { return header.size - sizeof(header); }
  [[nodiscard]] size_t padded_bytes() const {
    return (sizeof(FrameRecord) + body_bytes() + 3) & ~size_t{3};
  }
};
static_assert(sizeof(FrameRecord) == 20);

// Where events go. Called on the I/O thread, in order; does not wait.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Emit(Event event) = 0;
  // `header.size` is that of header and body.
  virtual void EmitFrame(uint32_t client, const FrameHeader& header, const uint8_t* body) = 0;
  // The last call: the I/O thread touches nothing of the server any more.
  virtual void Ended() = 0;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_EVENT_H_
