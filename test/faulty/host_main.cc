// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// faulty-host.exe: the process behind the faulty provider. Reads one command a line on stdin and
// answers each with one JSON line on stdout. `faulty-host.exe init | retire | purge` instead
// prepares the control file for an installation, retires it, or removes it.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "host.h"

namespace faulty {
namespace {

std::string Unescape(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoul(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

void Print(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

DWORD FromEnvironment(const char* name, DWORD otherwise) {
  const char* text = std::getenv(name);
  return text ? static_cast<DWORD>(std::stoul(text)) : otherwise;
}

void RunLine(const std::string& line) {
  std::stringstream words(line);
  std::string verb;
  words >> verb;
  Arguments arguments;
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) continue;
    arguments[word.substr(0, equals)] = Unescape(word.substr(equals + 1));
  }
  Print(RunVerb(verb, arguments));
}

int Serve() {
  Host& host = TheHost();
  if (!OpenControl(true)) {
    Print("{\"ready\":false,\"error\":\"the control file cannot be opened\"}");
    return 1;
  }
  LoadInitialRecords(&host);
  host.control->lookup_ms = FromEnvironment("NSP_TEST_LOOKUP_MS", 2000);
  host.control->ioctl_ms = FromEnvironment("NSP_TEST_IOCTL_MS", 2000);
  host.control->grace_ms = FromEnvironment("NSP_TEST_GRACE_MS", 2000);
  const char* revision = std::getenv("NSP_TEST_REVISION");
  const std::string vouched = revision ? revision : "";
  ServePipe(vouched.empty() ? 0 : HashText(std::wstring(vouched.begin(), vouched.end())) + 1);
  Print("{\"ready\":true,\"pid\":" + std::to_string(GetCurrentProcessId()) + "}");
  for (std::string line; std::getline(std::cin, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line == "quit") break;
    if (!line.empty()) RunLine(line);
  }
  Print("{\"ok\":true}");
  // Connection threads are still about; the process leaves without waiting for them.
  std::fflush(stdout);
  std::_Exit(0);
}

int Prepare(const std::string& what) {
  if (what == "purge") return DeleteFileW(ControlPath().c_str()) ? 0 : 1;
  if (!OpenControl(what == "init")) return what == "init" ? 1 : 0;
  Retire(what == "retire");
  return 0;
}

}  // namespace
}  // namespace faulty

int main(int count, char** arguments) {
  if (count > 1) return faulty::Prepare(arguments[1]);
  return faulty::Serve();
}
