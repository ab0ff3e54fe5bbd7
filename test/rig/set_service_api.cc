// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSASetService in its Unicode and ANSI forms: every provider concerned gets the client's structure
// as it is (an ANSI client's in Unicode); one that accepts is enough.
#include "ansi.h"
#include "provider_view.h"
#include "startup.h"
#include "switches.h"
#include "winsock.h"

namespace rig {
namespace {

// Whom a registration goes to: the provider that it names, else those of its namespace.
DWORD Concerned(const WSAQUERYSETW& info, Providers* providers) {
  const DWORD code = SelectProviders(info.lpNSProviderId, info.dwNameSpace, providers);
  if (info.lpNSProviderId == nullptr || providers->empty() ||
      !Broken(Switch::kSetServiceAllProviders)) {
    return code;
  }
  const DWORD name_space = providers->front()->entry().name_space;
  providers->clear();
  return SelectProviders(nullptr, name_space, providers);
}

int SetService(WSAQUERYSETW* info, WSAESETSERVICEOP operation, DWORD flags, DWORD last_error) {
  Providers providers;
  const DWORD code = Concerned(*info, &providers);
  if (code != 0) return Fail(code);
  if (providers.empty()) return Fail(WSASERVICE_NOT_FOUND);
  WSASERVICECLASSINFOW class_info{};
  class_info.lpServiceClassId = info->lpServiceClassId;
  WSASERVICECLASSINFOW* const known = class_info.lpServiceClassId ? &class_info : nullptr;
  bool accepted = false;
  SetLastError(last_error);
  for (const auto& provider : providers) {
    ProviderCall call(provider.get());
    if (!call) continue;
    GUID id = provider->entry().id;
    if (call->NSPSetService(&id, known, info, operation, flags) == 0) accepted = true;
  }
  return accepted ? 0 : SOCKET_ERROR;
}

}  // namespace
}  // namespace rig

extern "C" INT WSAAPI WSASetServiceW(LPWSAQUERYSETW info, WSAESETSERVICEOP operation, DWORD flags) {
  const DWORD last_error = GetLastError();
  if (!rig::Started()) return rig::Fail(WSANOTINITIALISED);
  if (info == nullptr) return rig::Fail(WSAEFAULT);
  return rig::SetService(info, operation, flags, last_error);
}

extern "C" INT WSAAPI WSASetServiceA(LPWSAQUERYSETA info, WSAESETSERVICEOP operation, DWORD flags) {
  const DWORD last_error = GetLastError();
  if (!rig::Started()) return rig::Fail(WSANOTINITIALISED);
  if (info == nullptr) return rig::Fail(WSAEFAULT);
  rig::WideRestrictions wide(*info);
  // The size is the provider's to judge, and equal in both forms.
  wide.get()->dwSize = info->dwSize;
  return rig::SetService(wide.get(), operation, flags, last_error);
}
