// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Services by name, for getaddrinfo.
#ifndef RIG_ENTRIES_H_
#define RIG_ENTRIES_H_

#include <optional>
#include <string>

#include "winsock.h"

namespace rig {

// The port of a service as a number, from the providers or else from Wine.
std::optional<USHORT> ServicePort(const std::wstring& name, const char* protocol);

}  // namespace rig

#endif  // RIG_ENTRIES_H_
