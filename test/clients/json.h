// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// A writer for the flat JSON that each step prints. Values are written as they are set; nothing is
// read back.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>

namespace client {

std::string JsonText(const std::string& utf8);

class Json {
 public:
  Json& Raw(const std::string& key, const std::string& json) {
    if (!body_.empty()) body_ += ',';
    body_ += JsonText(key) + ':' + json;
    return *this;
  }
  Json& Set(const std::string& key, const std::string& utf8) { return Raw(key, JsonText(utf8)); }
  Json& Set(const std::string& key, const char* utf8) { return Raw(key, JsonText(utf8)); }
  Json& Set(const std::string& key, const std::wstring& wide);
  Json& Set(const std::string& key, bool value) { return Raw(key, value ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Json& Set(const std::string& key, T value) {
    return Raw(key, std::to_string(value));
  }
  Json& Set(const std::string& key, const Json& object) { return Raw(key, object.Object()); }
  Json& Null(const std::string& key) { return Raw(key, "null"); }
  std::string Object() const { return '{' + body_ + '}'; }

 private:
  std::string body_;
};

class JsonArray {
 public:
  void Add(const std::string& json) {
    if (!body_.empty()) body_ += ',';
    body_ += json;
  }
  std::string Array() const { return '[' + body_ + ']'; }

 private:
  std::string body_;
};

}  // namespace client
