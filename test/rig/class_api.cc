// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSAInstallServiceClass and WSARemoveServiceClass: every active provider that stores classes is
// told, and one that agrees is enough.
#include "ansi_class.h"
#include "provider_view.h"
#include "startup.h"
#include "winsock.h"

namespace rig {
namespace {

// The catalog's own mark for providers that store classes cannot be set by any installer, so they
// are told from the others by their answer.
template <class Call>
int TellStores(DWORD last_error, const Call& tell) {
  Providers providers;
  const DWORD code = SelectProviders(nullptr, NS_ALL, &providers);
  if (code != 0) return Fail(code);
  bool agreed = false;
  DWORD refusal = WSAEOPNOTSUPP;
  SetLastError(last_error);
  for (const auto& provider : providers) {
    ProviderCall call(provider.get());
    if (!call) continue;
    GUID id = provider->entry().id;
    if (tell(call, &id) == 0) {
      agreed = true;
    } else if (GetLastError() != WSAEOPNOTSUPP) {
      refusal = GetLastError();
    }
  }
  return agreed ? 0 : Fail(refusal);
}

int Install(WSASERVICECLASSINFOW* info, DWORD last_error) {
  return TellStores(last_error, [info](const ProviderCall& call, GUID* id) {
    return call->NSPInstallServiceClass(id, info);
  });
}

}  // namespace
}  // namespace rig

extern "C" {

INT WSAAPI WSAInstallServiceClassW(LPWSASERVICECLASSINFOW info) {
  const DWORD last_error = GetLastError();
  if (!rig::Started()) return rig::Fail(WSANOTINITIALISED);
  return info == nullptr ? rig::Fail(WSAEINVAL) : rig::Install(info, last_error);
}

INT WSAAPI WSAInstallServiceClassA(LPWSASERVICECLASSINFOA info) {
  const DWORD last_error = GetLastError();
  if (!rig::Started()) return rig::Fail(WSANOTINITIALISED);
  if (info == nullptr || info->dwCount > rig::kMostProperties) return rig::Fail(WSAEINVAL);
  rig::WideClass wide(*info);
  return rig::Install(wide.get(), last_error);
}

INT WSAAPI WSARemoveServiceClass(LPGUID class_id) {
  const DWORD last_error = GetLastError();
  if (!rig::Started()) return rig::Fail(WSANOTINITIALISED);
  if (class_id == nullptr) return rig::Fail(WSAEINVAL);
  return rig::TellStores(last_error, [class_id](const rig::ProviderCall& call, GUID* id) {
    return call->NSPRemoveServiceClass(id, class_id);
  });
}

}  // extern "C"
