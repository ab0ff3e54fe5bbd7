// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Names that stand for an address: "10.1.0.7" (gethostbyaddr), "7.0.1.10.in-addr.arpa" and the
// nibbles of "ip6.arpa" (getnameinfo).
#ifndef WINSOCK_NSP_PROVIDER_REVERSE_NAME_H_
#define WINSOCK_NSP_PROVIDER_REVERSE_NAME_H_

#include <cstdint>

#include "control_file.h"

namespace nsp {

struct ReverseAddress {
  uint8_t bytes[16] = {};
  uint8_t family = 0;  // 4 or 6
};

// False: the key is not a complete address.
[[nodiscard]] bool ParseReverseName(const uint16_t* key, uint32_t units, ReverseAddress* address);

[[nodiscard]] bool InBlock(const ReverseAddress& address, const ControlBlock& block);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_REVERSE_NAME_H_
