// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// One command line: `verb key=value key=value`, values percent-encoded. A value that starts with
// a raw '@' (never produced by the encoding) names something special, such as @null.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "text.h"

namespace client {

class Command {
 public:
  // Throws std::runtime_error for a malformed line.
  explicit Command(const std::string& line);

  const std::string& verb() const { return verb_; }
  bool Has(const std::string& key) const { return values_.count(key) != 0; }
  // True for key=@what.
  bool IsSpecial(const std::string& key, const char* what) const;
  bool IsSpecial(const std::string& key) const;
  // These throw if the key is missing and no default is given.
  std::string Text(const std::string& key) const;
  std::string Text(const std::string& key, const std::string& otherwise) const;
  std::wstring Wide(const std::string& key) const { return ToWide(Text(key)); }
  uint64_t Number(const std::string& key) const;
  uint64_t Number(const std::string& key, uint64_t otherwise) const;
  bool Flag(const std::string& key) const { return Number(key, 0) != 0; }
  GUID Guid(const std::string& key) const { return ParseGuid(Text(key)); }
  std::vector<uint8_t> Bytes(const std::string& key) const { return FromHex(Text(key, "")); }

 private:
  struct Value {
    std::string text;
    bool special;
  };
  std::string verb_;
  std::map<std::string, Value> values_;
};

// Decimal or 0x number; throws for anything else.
uint64_t ParseNumber(const std::string& text);

}  // namespace client
