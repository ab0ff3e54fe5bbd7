// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Text form of socket addresses, without asking ws2_32: 10.0.0.1, 10.0.0.1:80, [fd00::1%2]:443.
#pragma once

#include <string>

#include "windows_api.h"

namespace client {

// Fills the storage and returns 16 or 28; throws std::runtime_error for anything else.
int ParseAddress(const std::string& text, sockaddr_storage& storage);
// "" for a family that is neither IPv4 nor IPv6. IPv6 is written in full, eight groups.
std::string AddressText(const sockaddr* address);
unsigned AddressPort(const sockaddr* address);

}  // namespace client
