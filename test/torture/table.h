// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A provider loaded and called as ws2_32 does it: dll= names the installed file.
#pragma once

#include "ask.h"

namespace torture {

class Table {
 public:
  // Check `loaded` before anything else.
  explicit Table(const Arguments& arguments);

  bool loaded() const { return module_ != nullptr; }
  DWORD Begin(const std::wstring& name, HANDLE* handle) const;
  DWORD Next(HANDLE handle, void* buffer, DWORD bytes) const;
  DWORD Ioctl(HANDLE handle, DWORD code, WSACOMPLETION* completion) const;
  DWORD End(HANDLE handle) const;
  DWORD Cleanup();
  // True if the DLL stays where it is.
  bool Free();

 private:
  const Target target_;
  HMODULE module_ = nullptr;
  NSP_ROUTINE routine_ = {};
};

}  // namespace torture
