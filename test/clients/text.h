// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Conversions between UTF-8, UTF-16, hexadecimal and GUIDs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "windows_api.h"

namespace client {

std::wstring ToWide(const std::string& utf8);
std::string ToUtf8(const std::wstring& wide);
// The text in the system's ANSI code page, as a program of the ANSI kind would hold it.
std::string ToAnsi(const std::wstring& wide);
std::wstring FromAnsi(const std::string& ansi);
std::string ToHex(const void* data, size_t size);
std::vector<uint8_t> FromHex(const std::string& hex);
// "0x..." with as many digits as the value needs.
std::string HexNumber(uint64_t value);
std::string GuidText(const GUID& guid);
// Throws std::runtime_error for anything but 8-4-4-4-12 hexadecimal digits, braces allowed.
GUID ParseGuid(const std::string& text);
std::vector<std::string> Split(const std::string& text, char separator);

}  // namespace client
