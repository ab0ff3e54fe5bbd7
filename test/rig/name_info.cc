// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// getnameinfo and GetNameInfoW: providers are asked for the reverse name, Wine knows the rest.
#include "ansi.h"
#include "class_ids.h"
#include "resolve.h"
#include "startup.h"
#include "wine.h"
#include <ws2tcpip.h>

namespace rig {
namespace {

int Failed(DWORD code) {
  SetLastError(code);
  return static_cast<int>(code);
}

// The name that a provider has for the address. 0, or the code.
DWORD AskReverse(const Providers& providers, const std::wstring& reverse, std::wstring* name) {
  const Question question{kClassPtr, reverse, LUP_RETURN_NAME, NS_DNS};
  const DWORD code = Ask(providers, question, [&](const WSAQUERYSETW& result) {
    if (result.lpszServiceInstanceName == nullptr) return Taken::kNothing;
    *name = result.lpszServiceInstanceName;
    return name->empty() ? Taken::kNothing : Taken::kEnough;
  });
  if (name->empty()) return code != 0 ? code : WSAHOST_NOT_FOUND;
  if (name->size() > 1 && name->back() == L'.') name->pop_back();
  return 0;
}

struct Wanted {
  bool host;
  bool service;
  int flags;
};

int NameInfo(const SOCKADDR* address, int size, const Wanted& wanted, std::wstring* host,
             std::wstring* service) {
  if (!Started()) return Failed(WSANOTINITIALISED);
  const auto wine = RIG_WINE(GetNameInfoW);
  if (wine == nullptr) return Failed(WSASYSNOTREADY);
  Providers providers;
  const bool names = wanted.host && (wanted.flags & NI_NUMERICHOST) == 0 && address != nullptr &&
                     NameProviders(NS_DNS, &providers);
  // Checks, service and numbers are Wine's.
  const int flags = names ? (wanted.flags & ~NI_NAMEREQD) | NI_NUMERICHOST : wanted.flags;
  wchar_t host_text[NI_MAXHOST] = L"";
  wchar_t service_text[NI_MAXSERV] = L"";
  const int result =
      wine(address, size, wanted.host ? host_text : nullptr, wanted.host ? NI_MAXHOST : 0,
           wanted.service ? service_text : nullptr, wanted.service ? NI_MAXSERV : 0, flags);
  if (result != 0) return Failed(static_cast<DWORD>(result));
  *service = service_text;
  *host = host_text;
  if (!names) return 0;
  const std::wstring reverse = ReverseName(address, size);
  std::wstring name;
  const DWORD code = reverse.empty() ? WSAHOST_NOT_FOUND : AskReverse(providers, reverse, &name);
  if (code != 0) return (wanted.flags & NI_NAMEREQD) != 0 ? Failed(code) : 0;
  if ((wanted.flags & NI_NOFQDN) != 0) name = name.substr(0, name.find(L'.'));
  *host = name;
  return 0;
}

template <class Text, class Char>
bool Put(const Text& text, Char* buffer, DWORD size) {
  if (buffer == nullptr || size == 0) return true;
  if (text.size() + 1 > size) return false;
  memcpy(buffer, text.c_str(), (text.size() + 1) * sizeof(Char));
  return true;
}

}  // namespace
}  // namespace rig

extern "C" INT WSAAPI GetNameInfoW(const SOCKADDR* address, socklen_t size, PWCHAR host,
                                   DWORD host_size, PWCHAR service, DWORD service_size, INT flags) {
  const DWORD before = GetLastError();
  std::wstring host_text, service_text;
  const rig::Wanted wanted{host != nullptr && host_size != 0,
                           service != nullptr && service_size != 0, flags};
  const int code = rig::NameInfo(address, size, wanted, &host_text, &service_text);
  if (code != 0) return code;
  if (!rig::Put(host_text, host, host_size) || !rig::Put(service_text, service, service_size)) {
    return rig::Failed(WSAEFAULT);
  }
  SetLastError(before);
  return 0;
}

extern "C" int WSAAPI getnameinfo(const SOCKADDR* address, socklen_t size, char* host,
                                  DWORD host_size, char* service, DWORD service_size, int flags) {
  const DWORD before = GetLastError();
  std::wstring host_text, service_text;
  const rig::Wanted wanted{host != nullptr && host_size != 0,
                           service != nullptr && service_size != 0, flags};
  const int code = rig::NameInfo(address, size, wanted, &host_text, &service_text);
  if (code != 0) return code;
  if (!rig::Put(rig::Narrow(host_text.c_str()), host, host_size) ||
      !rig::Put(rig::Narrow(service_text.c_str()), service, service_size)) {
    return rig::Failed(WSAEFAULT);
  }
  SetLastError(before);
  return 0;
}
