// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSAGetServiceClassInfo, which asks the provider that is named, and
// WSAGetServiceClassNameByClassId, which asks them all until one knows the class.
#include <algorithm>
#include <vector>

#include "ansi.h"
#include "ansi_class.h"
#include "provider_view.h"
#include "startup.h"
#include "switches.h"
#include "winsock.h"

namespace rig {
namespace {

// What the first question for a name leaves room for.
constexpr DWORD kUsualSize = 1024;

// No class is larger, whatever size a provider or a client tells.
constexpr DWORD kLargestSize = 16u << 20;

// A provider reads the id from the structure that it then overwrites. A client's buffer that has
// no room for that structure stays untouched, and the provider sees only how small it is.
int AskProvider(Provider* provider, GUID class_id, DWORD* size, void* buffer) {
  ProviderCall call(provider);
  if (!call) return Fail(WSASERVICE_NOT_FOUND);
  GUID id = provider->entry().id;
  WSASERVICECLASSINFOW question{};
  auto* const info =
      *size < sizeof question ? &question : static_cast<WSASERVICECLASSINFOW*>(buffer);
  info->lpServiceClassId = &class_id;
  return call->NSPGetServiceClassInfo(&id, size, info);
}

// The checks of both forms, then the provider. 0 or the error.
DWORD FindProvider(const GUID* id, const GUID* class_id, const DWORD* size, const void* buffer,
                   std::shared_ptr<Provider>* found) {
  if (!Started()) return WSANOTINITIALISED;
  if (id == nullptr || class_id == nullptr || size == nullptr || buffer == nullptr) {
    return WSAEINVAL;
  }
  Providers providers;
  const DWORD code = SelectProviders(id, NS_ALL, &providers);
  if (code != 0) return code;
  if (providers.empty()) return WSASERVICE_NOT_FOUND;
  *found = providers.front();
  return 0;
}

int GetInfoAnsi(Provider* provider, const GUID& class_id, DWORD* length, void* buffer) {
  DWORD size = std::min(*length, kLargestSize);
  std::vector<BYTE> wide(std::max<size_t>(size, sizeof(WSASERVICECLASSINFOW)));
  const int result = AskProvider(provider, class_id, &size, wide.data());
  if (result != 0) {
    if (GetLastError() != WSAEFAULT) return result;
    *length = size + kAnsiSlack;
    return SOCKET_ERROR;
  }
  const DWORD last_error = GetLastError();
  const auto* const info = reinterpret_cast<const WSASERVICECLASSINFOW*>(wide.data());
  const DWORD needed = WriteAnsiClass(*info, buffer, *length);
  if (needed > *length) {
    *length = needed + kAnsiSlack;
    return Fail(WSAEFAULT);
  }
  SetLastError(last_error);
  return 0;
}

// 0 or what the provider's last answer was.
DWORD AskName(Provider* provider, const GUID& class_id, std::wstring* name) {
  std::vector<BYTE> buffer(kUsualSize);
  for (;;) {
    auto size = static_cast<DWORD>(buffer.size());
    if (AskProvider(provider, class_id, &size, buffer.data()) == 0) {
      const auto* const info = reinterpret_cast<const WSASERVICECLASSINFOW*>(buffer.data());
      if (info->lpszServiceClassName != nullptr) *name = info->lpszServiceClassName;
      return 0;
    }
    const DWORD code = GetLastError();
    // Each size is larger than the one before, so this ends.
    if (code != WSAEFAULT || size <= buffer.size() || size > kLargestSize) return code;
    buffer.resize(size);
  }
}

DWORD FindName(const GUID& class_id, std::wstring* name) {
  Providers providers;
  const DWORD code = SelectProviders(nullptr, NS_ALL, &providers);
  if (code != 0) return code;
  DWORD refusal = WSAEOPNOTSUPP;
  for (const auto& provider : providers) {
    const DWORD answer = AskName(provider.get(), class_id, name);
    if (answer == 0) return 0;
    // Who stores no classes has nothing to say about this one.
    if (answer != WSAEOPNOTSUPP) refusal = answer;
  }
  return refusal;
}

DWORD CheckName(const GUID* class_id, const DWORD* length) {
  if (!Started()) return WSANOTINITIALISED;
  if (class_id == nullptr) return WSA_INVALID_PARAMETER;
  return length == nullptr ? WSAEFAULT : 0;
}

// The length counts characters, the one that ends the text among them.
template <class Text, class Char>
int GiveName(const Text& name, Char* buffer, DWORD* length) {
  const auto needed = static_cast<DWORD>(name.size() + 1);
  if (buffer == nullptr || *length < needed) {
    *length = Broken(Switch::kClassNameBytes) ? needed * sizeof(wchar_t) : needed;
    return Fail(WSAEFAULT);
  }
  memcpy(buffer, name.c_str(), needed * sizeof(Char));
  *length = needed;
  return 0;
}

}  // namespace
}  // namespace rig

extern "C" {

INT WSAAPI WSAGetServiceClassInfoW(LPGUID provider_id, LPGUID class_id, LPDWORD length,
                                   LPWSASERVICECLASSINFOW info) {
  const DWORD last_error = GetLastError();
  std::shared_ptr<rig::Provider> provider;
  const DWORD code = rig::FindProvider(provider_id, class_id, length, info, &provider);
  if (code != 0) return rig::Fail(code);
  SetLastError(last_error);
  return rig::AskProvider(provider.get(), *class_id, length, info);
}

INT WSAAPI WSAGetServiceClassInfoA(LPGUID provider_id, LPGUID class_id, LPDWORD length,
                                   LPWSASERVICECLASSINFOA info) {
  const DWORD last_error = GetLastError();
  std::shared_ptr<rig::Provider> provider;
  const DWORD code = rig::FindProvider(provider_id, class_id, length, info, &provider);
  if (code != 0) return rig::Fail(code);
  SetLastError(last_error);
  return rig::GetInfoAnsi(provider.get(), *class_id, length, info);
}

INT WSAAPI WSAGetServiceClassNameByClassIdW(LPGUID class_id, LPWSTR buffer, LPDWORD length) {
  DWORD code = rig::CheckName(class_id, length);
  std::wstring name;
  if (code == 0) code = rig::FindName(*class_id, &name);
  return code != 0 ? rig::Fail(code) : rig::GiveName(name, buffer, length);
}

INT WSAAPI WSAGetServiceClassNameByClassIdA(LPGUID class_id, LPSTR buffer, LPDWORD length) {
  DWORD code = rig::CheckName(class_id, length);
  std::wstring name;
  if (code == 0) code = rig::FindName(*class_id, &name);
  if (code != 0) return rig::Fail(code);
  return rig::GiveName(rig::Narrow(name.c_str()), buffer, length);
}

}  // extern "C"
