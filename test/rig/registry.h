// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A registry key that closes itself, and the few value types that the catalog uses.
#ifndef RIG_REGISTRY_H_
#define RIG_REGISTRY_H_

#include <string>
#include <vector>

#include "winsock.h"

namespace rig {

class RegistryKey {
 public:
  RegistryKey() = default;
  ~RegistryKey() { Close(); }
  RegistryKey(const RegistryKey&) = delete;
  RegistryKey& operator=(const RegistryKey&) = delete;

  // Each of these returns a Win32 error code.
  LSTATUS Open(HKEY parent, const wchar_t* path, REGSAM access);
  LSTATUS Create(HKEY parent, const wchar_t* path, bool is_volatile, bool* existed);
  LSTATUS SetDword(const wchar_t* name, DWORD value);
  LSTATUS SetText(const wchar_t* name, const std::wstring& value);
  LSTATUS SetBytes(const wchar_t* name, const void* data, DWORD size);

  // False if the value is absent or of another type.
  bool GetDword(const wchar_t* name, DWORD* value) const;
  bool GetText(const wchar_t* name, std::wstring* value) const;
  bool GetBytes(const wchar_t* name, std::vector<BYTE>* value) const;

  void Close();
  HKEY get() const { return key_; }

 private:
  HKEY key_ = nullptr;
};

}  // namespace rig

#endif  // RIG_REGISTRY_H_
