// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The name functions of ws2_32 are in two files; this one ties them together.
#pragma once

#include "objects.h"

namespace client {

// gethostbyname, gethostbyaddr, getservbyname, getservbyport, getnameinfo.
void AddEntryVerbs();

}  // namespace client
