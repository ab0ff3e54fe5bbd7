// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The shared numbers as constexpr values; constants.inc is their one source.
#ifndef WINSOCK_NSP_COMMON_CONSTANTS_H_
#define WINSOCK_NSP_COMMON_CONSTANTS_H_

#include <cstdint>

namespace nsp {

#define NSP_CONSTANT(name, value) inline constexpr uint32_t name = value##u;
#include "constants.inc"
#undef NSP_CONSTANT

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_CONSTANTS_H_
