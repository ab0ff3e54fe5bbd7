// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The blobs that gethostbyname and its relatives look for: a hostent or a servent whose pointers
// are offsets, laid out for the width of this process.
#pragma once

#include "query.h"
#include "record.h"

namespace faulty {

enum class Made { kNothing, kHostent, kServent };
// By the class that was asked for.
Made MadeFor(const Query& query);
Bytes MakeBlob(Made kind, const Record& record, const Query& query);
// For the switches that are about the finished blob, at its place in the client's buffer.
void SpoilBlob(Made kind, unsigned char* data, unsigned long* size);

}  // namespace faulty
