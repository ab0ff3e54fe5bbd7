// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// getaddrinfo, GetAddrInfoW, and what frees their results.
#include "addrinfo.h"

namespace rig {
namespace {

template <class Char, class Info>
int Resolve(const Char* node, const Char* service, const Info* hints, Info** result) {
  if (result == nullptr) {
    SetLastError(WSAEINVAL);
    return WSAEINVAL;
  }
  *result = nullptr;
  NameRequest request;
  request.node = TextOf(node);
  request.service = TextOf(service);
  request.hints = HintsOf(hints);
  request.ansi = sizeof(Char) == 1;
  NameList list;
  const int code = ResolveNames(request, &list);
  return code != 0 ? code : MakeInfo(list, result);
}

}  // namespace
}  // namespace rig

extern "C" int WSAAPI getaddrinfo(const char* node, const char* service, const ADDRINFOA* hints,
                                  ADDRINFOA** result) {
  return rig::Resolve(node, service, hints, result);
}

extern "C" INT WSAAPI GetAddrInfoW(PCWSTR node, PCWSTR service, const ADDRINFOW* hints,
                                   ADDRINFOW** result) {
  return rig::Resolve(node, service, hints, result);
}

extern "C" void WSAAPI freeaddrinfo(ADDRINFOA* info) {
  rig::FreeInfo(info);
}

extern "C" void WSAAPI FreeAddrInfoW(ADDRINFOW* info) {
  rig::FreeInfo(info);
}
