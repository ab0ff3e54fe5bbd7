// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What somebody else's name costs with our entries in the catalog, beside the same without them: in
// one process and in turn, so that what else the machine does concerns both.
#include <algorithm>
#include <vector>

#include "ask.h"
#include "verbs.h"

namespace torture {
namespace {

constexpr uint32_t kEach = 7;  // resolutions of a name, of which the median counts

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

class Names {
 public:
  explicit Names(const Arguments& arguments)
      : name_(arguments.Text(L"name", L"localhost")), entries_(arguments.Ids(L"entries")) {}
  // Nobody finds the catalog without our entries afterwards.
  ~Names() { Enable(true); }

  // A process keeps what it has read of the catalog until its last WSACleanup.
  bool Enable(bool on) {
    WSADATA data;
    bool done = true;
    for (GUID& id : entries_)
      done = WSCEnableNSProvider(&id, on) == 0 && done;
    return WSACleanup() == 0 && WSAStartup(MAKEWORD(2, 2), &data) == 0 && done;
  }

  // The first one reads the catalog, and loads our DLL if it is in there.
  double MedianUs() {
    ResolveUs();
    std::vector<double> times;
    for (uint32_t i = 0; i < kEach; ++i)
      times.push_back(static_cast<double>(ResolveUs()));
    return Median(times);
  }

  uint32_t failures() const { return failures_; }

 private:
  uint64_t ResolveUs() {
    ADDRINFOW hints = {};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    ADDRINFOW* found = nullptr;
    const uint64_t from = SteadyMicroseconds();
    const int code = GetAddrInfoW(name_.c_str(), nullptr, &hints, &found);
    const uint64_t to = SteadyMicroseconds();
    if (code == 0) FreeAddrInfoW(found);
    failures_ += code == 0 ? 0 : 1;
    return to - from;
  }

  const std::wstring name_;
  std::vector<GUID> entries_;
  uint32_t failures_ = 0;
};

}  // namespace

// Resolves name= with entries= and without them, rounds= times; tells the median of the ratios.
int RunNames(const Arguments& arguments) {
  Names names(arguments);
  std::vector<double> ratios;
  for (uint32_t i = 0; i < arguments.Number(L"rounds", 30); ++i) {
    if (!names.Enable(false)) return Result(false, "entries cannot be disabled");
    const double without = names.MedianUs();
    if (!names.Enable(true)) return Result(false, "entries cannot be enabled");
    ratios.push_back(names.MedianUs() / without);
  }
  Say("{\"ok\":true,\"ratio\":" + std::to_string(Median(ratios)) +
      ",\"failures\":" + std::to_string(names.failures()) + "}");
  return 0;
}

}  // namespace torture
