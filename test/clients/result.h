// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Reads a WSAQUERYSET that a lookup put into a buffer, distrusting every pointer in it.
#pragma once

#include "json.h"
#include "windows_api.h"

namespace client {

// Everything the structure says, plus `problems`: pointers outside [buffer, buffer + size),
// members that are not aligned, strings without an end, blobs that leave the buffer. `used` is the
// offset just past the last byte that belongs to the result.
Json DescribeResult(const void* buffer, size_t size, bool ansi);

}  // namespace client
