// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Addresses of a name: what is no question for providers goes to Wine, the rest to them.
#include "name_list.h"

#include <algorithm>

#include "class_ids.h"
#include "entries.h"
#include "startup.h"
#include "switches.h"
#include "wine.h"

namespace rig {
namespace {

// Flags of lookups that have a hint of their own.
constexpr struct {
  int hint;
  DWORD lookup;
} kFlags[] = {{0x00000010 /* AI_DNS_ONLY */, LUP_DNS_ONLY},
              {AI_ADDRCONFIG, LUP_ADDRCONFIG},
              {AI_NON_AUTHORITATIVE, LUP_NON_AUTHORITATIVE},
              {AI_SECURE, LUP_SECURE},
              {AI_RETURN_PREFERRED_NAMES, LUP_RETURN_PREFERRED_NAMES},
              {AI_FILESERVER, LUP_FILESERVER},
              {AI_DISABLE_IDN_ENCODING, LUP_DISABLE_IDN_ENCODING}};

int Failed(DWORD code) {
  SetLastError(code);
  return static_cast<int>(code);
}

NameItem ItemOf(const ADDRINFOW& from) {
  NameItem item;
  item.kind = {from.ai_flags, from.ai_family, from.ai_socktype, from.ai_protocol};
  item.address_size = static_cast<int>(std::min(from.ai_addrlen, sizeof item.address));
  if (from.ai_addr != nullptr)
    memcpy(&item.address, from.ai_addr, static_cast<size_t>(item.address_size));
  if (from.ai_canonname != nullptr) item.canonical = from.ai_canonname;
  return item;
}

const wchar_t* Text(const std::optional<std::wstring>& text) {
  return text ? text->c_str() : nullptr;
}

// Wine's own answer, copied.
int AskWine(const wchar_t* node, const wchar_t* service, const NameHints* hints, NameList* list) {
  const auto resolve = RIG_WINE(GetAddrInfoW);
  const auto release = RIG_WINE(FreeAddrInfoW);
  if (resolve == nullptr || release == nullptr) return Failed(WSASYSNOTREADY);
  ADDRINFOW wanted{};
  if (hints != nullptr) {
    wanted.ai_flags = hints->flags;
    wanted.ai_family = hints->family;
    wanted.ai_socktype = hints->socktype;
    wanted.ai_protocol = hints->protocol;
  }
  ADDRINFOW* found = nullptr;
  const int result = resolve(node, service, hints != nullptr ? &wanted : nullptr, &found);
  // Wine passes some of the C library's own codes on: an address of the other family, for one.
  if (result != 0) return Failed(result < 0 ? WSAHOST_NOT_FOUND : static_cast<DWORD>(result));
  for (const ADDRINFOW* item = found; item != nullptr; item = item->ai_next)
    list->push_back(ItemOf(*item));
  release(found);
  return 0;
}

// Socket types, protocols and ports that fit service and hints: what Wine says for an address.
int Templates(const NameRequest& request, const NameHints& hints, NameList* list) {
  NameHints numeric = hints;
  numeric.family = AF_INET;
  numeric.flags = AI_NUMERICHOST | (hints.flags & AI_NUMERICSERV);
  return AskWine(L"127.0.0.1", Text(request.service), &numeric, list);
}

USHORT PortOf(const NameItem& item) {
  return reinterpret_cast<const SOCKADDR_IN*>(&item.address)->sin_port;
}

bool SameAddress(const NameItem& a, const NameItem& b) {
  return a.address_size == b.address_size && memcmp(&a.address, &b.address, a.address_size) == 0;
}

// Collects the addresses of one name from lookups of each class.
class Collector {
 public:
  Collector(const NameRequest& request, const NameHints& hints, Interrupt* interrupt)
      : request_(request), hints_(hints), interrupt_(interrupt) {}

  // False if there is nobody to ask: with a code, or with 0 if Wine's resolver is to answer.
  bool Choose(DWORD* code) {
    KeepLastError keep;
    const bool any = request_.name_space == NS_ALL || request_.name_space == NS_DNS;
    *code = 0;
    if (!request_.provider && any) return NameProviders(request_.name_space, &providers_);
    const bool ignored = Broken(Switch::kNamesProviderIgnored);
    const GUID* const only = request_.provider && !ignored ? &*request_.provider : nullptr;
    *code = SelectProviders(only, request_.name_space, &providers_);
    if (*code == 0 && providers_.empty()) *code = WSAHOST_NOT_FOUND;
    return *code == 0;
  }

  DWORD Run() {
    DWORD code = WSAHOST_NOT_FOUND;
    if (hints_.family != AF_INET6) code = MoreTelling(code, Ask(kClassA, AF_INET));
    const bool one_family =
        hints_.family == AF_INET || (hints_.family == AF_UNSPEC && Broken(Switch::kNamesOneFamily));
    if (!one_family && code != WSA_E_CANCELLED) {
      code = MoreTelling(code, Ask(kClassAaaa, AF_INET6));
    }
    const bool mapped = hints_.family == AF_INET6 && (hints_.flags & AI_V4MAPPED) != 0;
    if (mapped && ((hints_.flags & AI_ALL) != 0 || found_.empty()) && code != WSA_E_CANCELLED) {
      code = MoreTelling(code, Ask(kClassA, AF_INET));
    }
    if (found_.empty() && Broken(Switch::kNamesSuffixAdded) && suffix_.empty()) {
      suffix_ = L".nsp.test";
      return MoreTelling(code, Run());
    }
    if (hints_.family == AF_INET && found_.empty() && code == WSANO_DATA &&
        Broken(Switch::kNamesNoDataCode)) {
      code = WSANO_RECOVERY;
    }
    return code;
  }

  NameList& found() { return found_; }
  const std::optional<std::wstring>& canonical() const { return canonical_; }

 private:
  DWORD Ask(const GUID& class_id, int family) {
    DWORD flags = LUP_RETURN_ADDR;
    if ((hints_.flags & (AI_CANONNAME | AI_FQDN)) != 0) flags |= LUP_RETURN_NAME;
    for (const auto& [hint, lookup] : kFlags) {
      if ((hints_.flags & hint) != 0) flags |= lookup;
    }
    if (request_.ansi) flags |= LUP_API_ANSI;
    const Question question{class_id, *request_.node + suffix_, flags, request_.name_space};
    return rig::Ask(
        providers_, question, [&](const WSAQUERYSETW& result) { return Take(result, family); },
        interrupt_);
  }

  Taken Take(const WSAQUERYSETW& result, int family) {
    const size_t before = found_.size();
    for (DWORD i = 0; i < result.dwNumberOfCsAddrs; ++i)
      Add(result.lpcsaBuffer[i].RemoteAddr, family, result.lpNSProviderId);
    if (before == found_.size() && result.dwNumberOfCsAddrs == 0) return Taken::kNothing;
    const wchar_t* const name = result.lpszServiceInstanceName;
    if (!canonical_ && name != nullptr && *name != L'\0') canonical_ = name;
    return Taken::kMore;
  }

  void Add(const SOCKET_ADDRESS& from, int family, const GUID* provider) {
    const int size = family == AF_INET ? sizeof(SOCKADDR_IN) : sizeof(SOCKADDR_IN6);
    if (from.lpSockaddr == nullptr || from.iSockaddrLength < size ||
        from.lpSockaddr->sa_family != family) {
      return;
    }
    NameItem item;
    item.kind.family = family;
    item.address_size = size;
    memcpy(&item.address, from.lpSockaddr, static_cast<size_t>(size));
    // Ports of providers say nothing: the service decides.
    reinterpret_cast<SOCKADDR_IN*>(&item.address)->sin_port = 0;
    if (hints_.family == AF_INET6 && family == AF_INET) Map(&item);
    if (provider != nullptr) item.provider = *provider;
    // Only a query of all namespaces may give an address twice.
    const auto same = [&](const NameItem& other) { return SameAddress(item, other); };
    if (request_.name_space != NS_ALL && std::any_of(found_.begin(), found_.end(), same)) return;
    found_.push_back(std::move(item));
  }

  static void Map(NameItem* item) {
    const IN_ADDR v4 = reinterpret_cast<const SOCKADDR_IN*>(&item->address)->sin_addr;
    SOCKADDR_IN6 mapped{};
    mapped.sin6_family = AF_INET6;
    memset(&mapped.sin6_addr.u.Byte[10], 0xff, 2);
    memcpy(&mapped.sin6_addr.u.Byte[12], &v4, sizeof v4);
    memcpy(&item->address, &mapped, sizeof mapped);
    item->address_size = sizeof mapped;
    item->kind.family = AF_INET6;
  }

  const NameRequest& request_;
  const NameHints& hints_;
  Interrupt* const interrupt_;
  Providers providers_;
  NameList found_;
  std::optional<std::wstring> canonical_;
  std::wstring suffix_;
};

// Each address with each socket type.
void Combine(const NameList& addresses, const NameList& kinds, NameList* list) {
  for (const NameItem& address : addresses) {
    for (const NameItem& kind : kinds) {
      NameItem item = address;
      item.kind.socktype = kind.kind.socktype;
      item.kind.protocol = kind.kind.protocol;
      reinterpret_cast<SOCKADDR_IN*>(&item.address)->sin_port = PortOf(kind);
      list->push_back(std::move(item));
    }
  }
}

int AskProviders(const NameRequest& request, const NameHints& hints, NameList* list,
                 Interrupt* interrupt) {
  Collector collector(request, hints, interrupt);
  DWORD code = 0;
  if (!collector.Choose(&code)) {
    if (code != 0) return Failed(code);
    return AskWine(Text(request.node), Text(request.service), &hints, list);
  }
  NameList kinds;
  const int result = Templates(request, hints, &kinds);
  if (result != 0) return result;
  code = collector.Run();
  NameList& found = collector.found();
  if (Broken(Switch::kNamesFirstLost) && hints.family == AF_INET && !found.empty()) {
    found.erase(found.begin());
    code = found.empty() ? WSAHOST_NOT_FOUND : code;
  }
  if (found.empty()) return Failed(code != 0 ? code : WSANO_DATA);
  SortAddresses(&found);
  Combine(found, kinds, list);
  if ((hints.flags & (AI_CANONNAME | AI_FQDN)) != 0 && !Broken(Switch::kNamesNoCanonical)) {
    list->front().canonical = collector.canonical().value_or(*request.node);
  }
  return 0;
}

// A service by name becomes its port, as the socket type asks; one that nobody knows stays for Wine
// to refuse.
void NumberService(NameRequest* request) {
  if (!request->service || request->service->empty()) return;
  const std::wstring name = *request->service;
  if (name.find_first_not_of(L"0123456789") == std::wstring::npos) return;
  const NameHints hints = request->hints.value_or(NameHints{});
  if ((hints.flags & AI_NUMERICSERV) != 0) return;
  std::optional<USHORT> port;
  if (hints.socktype != SOCK_DGRAM) port = ServicePort(name, "tcp");
  if (!port && hints.socktype != SOCK_STREAM) port = ServicePort(name, "udp");
  if (port) request->service = std::to_wstring(*port);
}

}  // namespace

int ResolveNames(const NameRequest& given, NameList* list, Interrupt* interrupt) {
  const DWORD before = GetLastError();
  if (!Started()) return Failed(WSANOTINITIALISED);
  NameRequest request = given;
  NumberService(&request);
  const NameHints hints = request.hints.value_or(NameHints{});
  const wchar_t* const service = Text(request.service);
  int result = 0;
  if (!request.node || request.node->empty() || (hints.flags & AI_NUMERICHOST) != 0) {
    result = AskWine(Text(request.node), service, request.hints ? &hints : nullptr, list);
  } else {
    // An address is no question for anybody; nor are hints that make no sense.
    NameHints numeric = hints;
    numeric.flags |= AI_NUMERICHOST;
    result = AskWine(Text(request.node), service, &numeric, list);
    if (result == WSAHOST_NOT_FOUND) result = AskProviders(request, hints, list, interrupt);
  }
  if (result == 0) SetLastError(before);
  return result;
}

}  // namespace rig
