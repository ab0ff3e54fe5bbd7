// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The name functions of ws2_32, as an ordinary program uses them.
#include "address.h"
#include "objects.h"

namespace client {
namespace {

// getaddrinfo name= [family=0] [flags=0]: the result is the code itself.
void GetAddrInfo(Step& step) {
  const std::wstring name = step.command.Wide("name");
  ADDRINFOW hints{};
  hints.ai_family = static_cast<int>(step.command.Number("family", 0));
  hints.ai_flags = static_cast<int>(step.command.Number("flags", 0));
  hints.ai_socktype = SOCK_STREAM;
  ADDRINFOW* found = nullptr;
  step.Call("GetAddrInfoW", [&] { return GetAddrInfoW(name.c_str(), nullptr, &hints, &found); });
  if (step.ret != 0) return;
  JsonArray addresses;
  for (const ADDRINFOW* info = found; info != nullptr; info = info->ai_next) {
    addresses.Add(JsonText(AddressText(info->ai_addr)));
  }
  step.data.Raw("addresses", addresses.Array());
  if (found != nullptr && found->ai_canonname != nullptr) {
    step.data.Set("canonical", std::wstring(found->ai_canonname));
  }
  FreeAddrInfoW(found);
}

void GetHostByName(Step& step) {
  const std::string name = ToAnsi(step.command.Wide("name"));
  const hostent* host = nullptr;
  step.Call("gethostbyname", [&] {
    host = gethostbyname(name.c_str());
    return host == nullptr ? -1 : 0;
  });
  if (host == nullptr) return;
  JsonArray addresses;
  for (char** entry = host->h_addr_list; *entry != nullptr; ++entry) {
    addresses.Add(JsonText(ToHex(*entry, static_cast<size_t>(host->h_length))));
  }
  JsonArray aliases;
  for (char** entry = host->h_aliases; *entry != nullptr; ++entry) {
    aliases.Add(JsonText(ToUtf8(FromAnsi(*entry))));
  }
  step.data.Set("name", FromAnsi(host->h_name))
      .Raw("addresses", addresses.Array())
      .Raw("aliases", aliases.Array());
}

}  // namespace

void AddNameVerbs() {
  AddVerb("getaddrinfo", GetAddrInfo);
  AddVerb("gethostbyname", GetHostByName);
}

}  // namespace client
