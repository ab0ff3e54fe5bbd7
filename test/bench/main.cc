// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// bench.exe: reads commands from standard input, answers each with one JSON line. Whoever drives it
// decides the order, so that rounds of ours and of a baseline alternate.
#include <cstdio>
#include <iostream>

#include "bench.h"

namespace bench {
namespace {

std::map<std::string, Verb>& Verbs() {
  static std::map<std::string, Verb> verbs;
  return verbs;
}

int HexDigit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  throw Failure("a percent sign without two digits");
}

std::string Decoded(const std::string& text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) throw Failure("a percent sign without two digits");
    decoded += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
    i += 2;
  }
  return decoded;
}

}  // namespace

void AddVerb(const char* name, Verb verb) {
  Verbs()[name] = std::move(verb);
}

Command::Command(const std::string& line) {
  size_t at = line.find(' ');
  verb_ = line.substr(0, at);
  while (at != std::string::npos) {
    const size_t end = line.find(' ', at + 1);
    const std::string word = line.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    const size_t equals = word.find('=');
    if (equals == std::string::npos) throw Failure("not key=value: " + word);
    arguments_[word.substr(0, equals)] = Decoded(word.substr(equals + 1));
    at = end;
  }
}

std::string Command::Text(const char* key) const {
  const auto found = arguments_.find(key);
  if (found == arguments_.end()) throw Failure(std::string(key) + "= is missing");
  return found->second;
}

std::string Command::Text(const char* key, const std::string& otherwise) const {
  return Has(key) ? Text(key) : otherwise;
}

std::wstring Command::Wide(const char* key) const {
  const std::string text = Text(key);
  const int bytes = static_cast<int>(text.size());
  std::wstring wide(static_cast<size_t>(bytes), L'\0');
  const int units = MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, wide.data(), bytes);
  wide.resize(static_cast<size_t>(units));
  return wide;
}

uint64_t Command::Number(const char* key, uint64_t otherwise) const {
  return Has(key) ? std::stoull(Text(key), nullptr, 0) : otherwise;
}

GUID Command::Guid(const char* key) const {
  const std::string text = Text(key);
  GUID id{};
  unsigned data4[8];
  const int fields = std::sscanf(text.c_str(), "%8lx-%4hx-%4hx-%2x%2x-%2x%2x%2x%2x%2x%2x",
                                 &id.Data1, &id.Data2, &id.Data3, &data4[0], &data4[1], &data4[2],
                                 &data4[3], &data4[4], &data4[5], &data4[6], &data4[7]);
  if (fields != 11) throw Failure("not a GUID: " + text);
  for (int i = 0; i < 8; ++i)
    id.Data4[i] = static_cast<unsigned char>(data4[i]);
  return id;
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return quoted + '"';
}

Reply& Reply::Raw(const char* key, const std::string& json) {
  members_ += std::string(",\"") + key + "\":" + json;
  return *this;
}

Reply& Reply::Set(const char* key, double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return Raw(key, text);
}

Reply& Reply::Set(const char* key, const std::string& text) {
  return Raw(key, Quoted(text));
}

namespace {

std::string Answer(const std::string& line) {
  Reply reply;
  try {
    const Command command(line);
    const auto verb = Verbs().find(command.verb());
    if (verb == Verbs().end()) throw Failure("no verb " + command.verb());
    verb->second(command, &reply);
  } catch (const std::exception& error) {
    return "{\"ok\":false,\"error\":" + Quoted(error.what()) + "}";
  }
  return "{\"ok\":true" + reply.members() + "}";
}

int Serve() {
  AddSteps();
  AddTimes();
  AddNames();
  AddPipes();
  AddSystemCalls();
  AddRequests();
  AddProcess();
  std::printf("{\"ready\":true,\"pid\":%lu}\n", GetCurrentProcessId());
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    std::puts(line == "quit" ? "{\"ok\":true}" : Answer(line).c_str());
    std::fflush(stdout);
    if (line == "quit") break;
  }
  // Without destructors: threads of the measurements may still wait.
  ExitProcess(0);
}

}  // namespace
}  // namespace bench

int main() {
  return bench::Serve();
}
