// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Text form of socket addresses, without asking ws2_32: 10.0.0.1, 10.0.0.1:80, [fd00::1%2]:443,
// and raw:HEX for the bytes of any other.
#pragma once

#include <string>
#include <vector>

#include "windows_api.h"

namespace client {

// Fills the storage and returns 16 or 28; throws std::runtime_error for anything else.
int ParseAddress(const std::string& text, sockaddr_storage& storage);
// The bytes of any of the forms.
std::vector<uint8_t> ParseSockaddr(const std::string& text);
// The address of the same family that is all zeros.
std::string AnyAddress(const std::string& text);
// "" for a family that is neither IPv4 nor IPv6. IPv6 is written in full, eight groups.
std::string AddressText(const sockaddr* address);
unsigned AddressPort(const sockaddr* address);

}  // namespace client
