// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// One command line: `verb key=value key=value`, values percent-encoded.
#include "command.h"

#include <cstdlib>
#include <stdexcept>

namespace client {
namespace {

std::string PercentDecode(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) throw std::runtime_error("bad percent encoding");
    out += static_cast<char>(FromHex(text.substr(i + 1, 2))[0]);
    i += 2;
  }
  return out;
}

}  // namespace

Command::Command(const std::string& line) {
  for (const std::string& word : Split(line, ' ')) {
    if (verb_.empty()) {
      verb_ = word;
      continue;
    }
    const size_t equals = word.find('=');
    if (equals == std::string::npos) throw std::runtime_error("not key=value: " + word);
    const std::string value = word.substr(equals + 1);
    const bool special = !value.empty() && value[0] == '@';
    values_[word.substr(0, equals)] = {special ? value.substr(1) : PercentDecode(value), special};
  }
}

bool Command::IsSpecial(const std::string& key, const char* what) const {
  const auto it = values_.find(key);
  return it != values_.end() && it->second.special && it->second.text == what;
}

bool Command::IsSpecial(const std::string& key) const {
  const auto it = values_.find(key);
  return it != values_.end() && it->second.special;
}

std::string Command::Text(const std::string& key) const {
  const auto it = values_.find(key);
  if (it == values_.end()) throw std::runtime_error("missing " + key);
  return it->second.text;
}

std::string Command::Text(const std::string& key, const std::string& otherwise) const {
  const auto it = values_.find(key);
  return it == values_.end() ? otherwise : it->second.text;
}

uint64_t ParseNumber(const std::string& text) {
  char* end = nullptr;
  const uint64_t value = std::strtoull(text.c_str(), &end, 0);
  if (text.empty() || *end != '\0') throw std::runtime_error("not a number: " + text);
  return value;
}

uint64_t Command::Number(const std::string& key) const {
  return ParseNumber(Text(key));
}

uint64_t Command::Number(const std::string& key, uint64_t otherwise) const {
  return Has(key) ? Number(key) : otherwise;
}

}  // namespace client
