// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Hosts, services and reverse names, as old and new programs ask for them. What comes back is read
// through the structures of this program's own width.
#include "address.h"
#include "names.h"

namespace client {
namespace {

JsonArray Texts(char** list) {
  JsonArray texts;
  for (; *list != nullptr; ++list)
    texts.Add(JsonText(ToUtf8(FromAnsi(*list))));
  return texts;
}

void ShowHost(Step& step, const hostent* host) {
  JsonArray addresses;
  for (char** entry = host->h_addr_list; *entry != nullptr; ++entry) {
    addresses.Add(JsonText(ToHex(*entry, static_cast<size_t>(host->h_length))));
  }
  step.data.Set("name", FromAnsi(host->h_name))
      .Raw("aliases", Texts(host->h_aliases).Array())
      .Set("type", host->h_addrtype)
      .Set("length", host->h_length)
      .Raw("addresses", addresses.Array());
}

template <class Entry, class F>
const Entry* CallFor(Step& step, const char* name, F call) {
  const Entry* entry = nullptr;
  step.Call(name, [&] {
    entry = call();
    return entry == nullptr ? -1 : 0;
  });
  return entry;
}

// gethostbyname name= : addresses as hexadecimal bytes.
void HostByName(Step& step) {
  const std::string name = ToAnsi(step.command.Wide("name"));
  const auto* const host =
      CallFor<hostent>(step, "gethostbyname", [&] { return gethostbyname(name.c_str()); });
  if (host != nullptr) ShowHost(step, host);
}

// gethostbyaddr address=A.B.C.D [family=2]
void HostByAddress(Step& step) {
  sockaddr_storage storage{};
  ParseAddress(step.command.Text("address"), storage);
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
  const auto* const bytes = reinterpret_cast<const char*>(&v4.sin_addr);
  const auto family = static_cast<int>(step.command.Number("family", AF_INET));
  const auto* const host =
      CallFor<hostent>(step, "gethostbyaddr", [&] { return gethostbyaddr(bytes, 4, family); });
  if (host != nullptr) ShowHost(step, host);
}

void ShowService(Step& step, const servent* service) {
  const auto network = static_cast<unsigned>(static_cast<uint16_t>(service->s_port));
  step.data.Set("name", FromAnsi(service->s_name))
      .Raw("aliases", Texts(service->s_aliases).Array())
      .Set("port", (network << 8 | network >> 8) & 0xffff)
      .Set("protocol", FromAnsi(service->s_proto));
}

// getservbyname name= [protocol=]
void ServiceByName(Step& step) {
  const std::string name = ToAnsi(step.command.Wide("name"));
  const std::string protocol = step.command.Text("protocol", "");
  const auto* const service = CallFor<servent>(step, "getservbyname", [&] {
    return getservbyname(name.c_str(), protocol.empty() ? nullptr : protocol.c_str());
  });
  if (service != nullptr) ShowService(step, service);
}

// getservbyport port= [protocol=]: the port as people write it.
void ServiceByPort(Step& step) {
  const auto port = static_cast<unsigned>(step.command.Number("port"));
  const int network = static_cast<int>((port << 8 | port >> 8) & 0xffff);
  const std::string protocol = step.command.Text("protocol", "");
  const auto* const service = CallFor<servent>(step, "getservbyport", [&] {
    return getservbyport(network, protocol.empty() ? nullptr : protocol.c_str());
  });
  if (service != nullptr) ShowService(step, service);
}

// getnameinfo address=A.B.C.D:PORT [flags=0] [ansi=1] [hostsize=] [servicesize=]: the result is the
// code itself.
void NameInfo(Step& step) {
  sockaddr_storage storage{};
  const int size = ParseAddress(step.command.Text("address"), storage);
  const auto* const address = reinterpret_cast<const sockaddr*>(&storage);
  const auto flags = static_cast<int>(step.command.Number("flags", 0));
  const auto host_size = static_cast<DWORD>(step.command.Number("hostsize", NI_MAXHOST));
  const auto service_size = static_cast<DWORD>(step.command.Number("servicesize", NI_MAXSERV));
  if (host_size > NI_MAXHOST || service_size > NI_MAXSERV) throw std::runtime_error("too large");
  if (step.command.Flag("ansi")) {
    char host[NI_MAXHOST] = "", service[NI_MAXSERV] = "";
    step.Call("getnameinfo", [&] {
      return getnameinfo(address, size, host, host_size, service, service_size, flags);
    });
    step.data.Set("host", FromAnsi(host)).Set("service", FromAnsi(service));
    return;
  }
  wchar_t host[NI_MAXHOST] = L"", service[NI_MAXSERV] = L"";
  step.Call("GetNameInfoW", [&] {
    return GetNameInfoW(address, size, host, host_size, service, service_size, flags);
  });
  step.data.Set("host", std::wstring(host)).Set("service", std::wstring(service));
}

}  // namespace

void AddEntryVerbs() {
  AddVerb("gethostbyname", HostByName);
  AddVerb("gethostbyaddr", HostByAddress);
  AddVerb("getservbyname", ServiceByName);
  AddVerb("getservbyport", ServiceByPort);
  AddVerb("getnameinfo", NameInfo);
}

}  // namespace client
