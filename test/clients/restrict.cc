// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// restrict thread=NAME: the thread goes on as somebody who is no administrator, with what the
// system gives for that: a copy of the process's token in which the group is for denying alone.
#include "objects.h"

namespace client {
namespace {

template <class F>
F Advapi(const char* name) {
  // Loaded when it is asked for: other clients know nothing but ws2_32 and kernel32.
  const HMODULE module = LoadLibraryW(L"advapi32.dll");
  return reinterpret_cast<F>(GetProcAddress(module, name));
}

bool GiveUpRights() {
  const auto open_token = Advapi<decltype(&OpenProcessToken)>("OpenProcessToken");
  const auto make_sid = Advapi<decltype(&CreateWellKnownSid)>("CreateWellKnownSid");
  const auto restrict_token = Advapi<decltype(&CreateRestrictedToken)>("CreateRestrictedToken");
  const auto impersonate = Advapi<decltype(&ImpersonateLoggedOnUser)>("ImpersonateLoggedOnUser");
  BYTE sid[SECURITY_MAX_SID_SIZE];
  DWORD size = sizeof sid;
  HANDLE token = nullptr;
  HANDLE less = nullptr;
  if (!make_sid(WinBuiltinAdministratorsSid, nullptr, sid, &size) ||
      !open_token(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token)) {
    return false;
  }
  SID_AND_ATTRIBUTES group = {sid, 0};
  const bool done =
      restrict_token(token, DISABLE_MAX_PRIVILEGE, 1, &group, 0, nullptr, 0, nullptr, &less) &&
      impersonate(less);
  if (less != nullptr) CloseHandle(less);
  CloseHandle(token);
  return done;
}

void Restrict(Step& step) {
  step.Call("ImpersonateLoggedOnUser", [] { return GiveUpRights() ? 0 : -1; });
}

}  // namespace

void AddRestrictVerbs() {
  AddVerb("restrict", Restrict);
}

}  // namespace client
