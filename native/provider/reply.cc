// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See reply.h.
#include "reply.h"

#include <cstring>

#include "guarded_copy.h"
#include "wire.h"

namespace nsp {

DWORD HostStatus(uint32_t status) {
  return status == WSA_IO_PENDING ? static_cast<DWORD>(WSANO_RECOVERY) : status;
}

Reply ReadReply(const Call& call) {
  ReplyBody body;
  if (call.code != 0) {
    return {call.code, 0, nullptr};
  }
  if (call.kind != kFrameReply || call.body.size() < sizeof(body)) {
    return {WSANO_RECOVERY, 0, nullptr};
  }
  std::memcpy(&body, call.body.data(), sizeof(body));
  if (body.status != 0) {
    return {HostStatus(body.status), body.status == WSAEFAULT ? body.bytes : 0, nullptr};
  }
  if (body.bytes > call.body.size() - sizeof(body)) {
    return {WSANO_RECOVERY, 0, nullptr};
  }
  return {0, body.bytes, call.body.data() + sizeof(body)};
}

DWORD StoreReply(const Reply& reply, void* output, uint32_t room, uint32_t* bytes) {
  *bytes = reply.bytes;
  if (reply.status != 0) {
    return reply.status;
  }
  if (reply.bytes > room) {
    return WSAEFAULT;
  }
  if (reply.bytes != 0 && !GuardedCopy(output, reply.data, reply.bytes)) {
    *bytes = 0;
    return WSAEFAULT;
  }
  return 0;
}

}  // namespace nsp
