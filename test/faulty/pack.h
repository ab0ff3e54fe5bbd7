// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Writes one record as a self-contained WSAQUERYSETW into a client's buffer. The same walk measures
// and writes, so that the two cannot disagree.
#pragma once

#include <winsock2.h>
#include <windows.h>

#include <cstdint>

#include "query.h"
#include "record.h"

namespace faulty {

// Bytes that suffice for any alignment of the buffer: aligned size + 7.
size_t MeasureResult(const Record& record, const Query& query, DWORD fields);
// `buffer` has at least MeasureResult() bytes.
void WriteResult(const Record& record, const Query& query, DWORD fields, uint8_t* buffer);

}  // namespace faulty
