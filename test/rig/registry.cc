// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Registry access for the catalog; see registry.h.
#include "registry.h"

namespace rig {

LSTATUS RegistryKey::Open(HKEY parent, const wchar_t* path, REGSAM access) {
  Close();
  return RegOpenKeyExW(parent, path, 0, access, &key_);
}

LSTATUS RegistryKey::Create(HKEY parent, const wchar_t* path, bool is_volatile, bool* existed) {
  Close();
  DWORD disposition = 0;
  const DWORD options = is_volatile ? REG_OPTION_VOLATILE : REG_OPTION_NON_VOLATILE;
  const LSTATUS status = RegCreateKeyExW(parent, path, 0, nullptr, options, KEY_ALL_ACCESS, nullptr,
                                         &key_, &disposition);
  if (existed != nullptr) *existed = disposition == REG_OPENED_EXISTING_KEY;
  return status;
}

LSTATUS RegistryKey::SetDword(const wchar_t* name, DWORD value) {
  return RegSetValueExW(key_, name, 0, REG_DWORD, reinterpret_cast<const BYTE*>(&value),
                        sizeof value);
}

LSTATUS RegistryKey::SetText(const wchar_t* name, const std::wstring& value) {
  const DWORD size = static_cast<DWORD>((value.size() + 1) * sizeof(wchar_t));
  return RegSetValueExW(key_, name, 0, REG_SZ, reinterpret_cast<const BYTE*>(value.c_str()), size);
}

LSTATUS RegistryKey::SetBytes(const wchar_t* name, const void* data, DWORD size) {
  return RegSetValueExW(key_, name, 0, REG_BINARY, static_cast<const BYTE*>(data), size);
}

bool RegistryKey::GetDword(const wchar_t* name, DWORD* value) const {
  DWORD size = sizeof *value;
  return RegGetValueW(key_, nullptr, name, RRF_RT_REG_DWORD, nullptr, value, &size) ==
         ERROR_SUCCESS;
}

bool RegistryKey::GetText(const wchar_t* name, std::wstring* value) const {
  DWORD size = 0;
  const DWORD flags = RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND;
  if (RegGetValueW(key_, nullptr, name, flags, nullptr, nullptr, &size) != ERROR_SUCCESS) {
    return false;
  }
  std::vector<wchar_t> text(size / sizeof(wchar_t) + 1);
  if (RegGetValueW(key_, nullptr, name, flags, nullptr, text.data(), &size) != ERROR_SUCCESS) {
    return false;
  }
  value->assign(text.data());
  return true;
}

bool RegistryKey::GetBytes(const wchar_t* name, std::vector<BYTE>* value) const {
  DWORD size = 0;
  if (RegGetValueW(key_, nullptr, name, RRF_RT_REG_BINARY, nullptr, nullptr, &size) !=
      ERROR_SUCCESS) {
    return false;
  }
  value->resize(size);
  if (size == 0) return true;
  return RegGetValueW(key_, nullptr, name, RRF_RT_REG_BINARY, nullptr, value->data(), &size) ==
         ERROR_SUCCESS;
}

void RegistryKey::Close() {
  if (key_ != nullptr) RegCloseKey(key_);
  key_ = nullptr;
}

}  // namespace rig
