// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// A writer for the flat JSON that each step prints.
#include "json.h"

#include <cstdio>

namespace client {

std::string JsonText(const std::string& utf8) {
  std::string out = "\"";
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Written code unit by code unit, so that a lone surrogate in a result stays visible.
Json& Json::Set(const std::string& key, const std::wstring& wide) {
  std::string text = "\"";
  for (const wchar_t c : wide) {
    if (c >= 0x20 && c < 0x7f && c != L'"' && c != L'\\') {
      text += static_cast<char>(c);
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c) & 0xffffu);
      text += escape;
    }
  }
  return Raw(key, text + '"');
}

}  // namespace client
