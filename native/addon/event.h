// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the I/O thread tells JavaScript: plain values, made there and read on JavaScript's thread.
#ifndef WINSOCK_NSP_ADDON_EVENT_H_
#define WINSOCK_NSP_ADDON_EVENT_H_

#include <cstdint>
#include <vector>

#include "client_identity.h"
#include "wire.h"

namespace nsp {

enum class CloseReason { kClosed, kKilled, kRefused, kProtocol };

struct Event {
  enum class Type { kConnect, kDisconnect, kFrame, kLate, kRetired };

  Type type = Type::kRetired;
  uint32_t client = 0;
  ClientIdentity identity;                    // kConnect
  CloseReason reason = CloseReason::kClosed;  // kDisconnect
  FrameHeader header = {};                    // kFrame; kLate: header.call
  std::vector<uint8_t> body;                  // kFrame: what follows the header
  size_t cost = 0;                            // kFrame: what it counts for Delivered
};

// Where events go. Called on the I/O thread, in order; does not wait.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Emit(Event event) = 0;
  // The last call: the I/O thread touches nothing of the server any more.
  virtual void Ended() = 0;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_EVENT_H_
