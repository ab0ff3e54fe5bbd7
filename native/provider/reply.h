// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The host's answer to an ioctl: checked once, put into the client's buffer by one function,
// whether the client waits or was promised a completion.
#ifndef WINSOCK_NSP_PROVIDER_REPLY_H_
#define WINSOCK_NSP_PROVIDER_REPLY_H_

#include "call.h"

namespace nsp {

struct Reply {
  DWORD status = 0;    // 0 or a Winsock code; WSANO_RECOVERY for what is no reply
  uint32_t bytes = 0;  // output length; with WSAEFAULT the length needed, else 0
  const uint8_t* data = nullptr;
};

// A status as the client gets it. WSA_IO_PENDING would make it wait for what never comes.
[[nodiscard]] DWORD HostStatus(uint32_t status);

// The reply that a done call brought. Points into the call.
[[nodiscard]] Reply ReadReply(const Call& call);

// Copies the output into a client's buffer of `room` bytes (0 if it gave none). Returns 0 or the
// code that the client gets; *bytes is the output length, or with WSAEFAULT the length needed, or
// 0.
[[nodiscard]] DWORD StoreReply(const Reply& reply, void* output, uint32_t room, uint32_t* bytes);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_REPLY_H_
