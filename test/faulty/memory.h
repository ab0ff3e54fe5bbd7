// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Reads and writes of memory that a client named. The system does the copy, so a bad address gives
// false instead of a crash.
#pragma once

#include <cstddef>
#include <string>

namespace faulty {

bool ReadMemory(const void* from, void* to, size_t size);
bool WriteMemory(void* to, const void* from, size_t size);
// A terminated UTF-16 string of at most 32767 units.
bool ReadText(const wchar_t* from, std::wstring* text);

}  // namespace faulty
