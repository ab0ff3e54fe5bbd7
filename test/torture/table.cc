// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See table.h.
#include "table.h"

namespace torture {
namespace {

DWORD CodeOf(int ret) {
  return ret == 0 ? 0 : WSAGetLastError();
}

}  // namespace

Table::Table(const Arguments& arguments) : target_(arguments) {
  module_ = LoadLibraryW(arguments.Text(L"dll").c_str());
  const auto startup = module_ == nullptr ? nullptr
                                          : reinterpret_cast<LPNSPSTARTUP>(reinterpret_cast<void*>(
                                                GetProcAddress(module_, "NSPStartup")));
  GUID id = target_.id();
  routine_.cbSize = sizeof routine_;
  if (startup == nullptr || startup(&id, &routine_) != 0) module_ = nullptr;
}

DWORD Table::Begin(const std::wstring& name, HANDLE* handle) const {
  return target_.Begin(routine_, name, handle);
}

DWORD Table::Next(HANDLE handle, void* buffer, DWORD bytes) const {
  DWORD length = bytes;
  return CodeOf(
      routine_.NSPLookupServiceNext(handle, 0, &length, static_cast<WSAQUERYSETW*>(buffer)));
}

DWORD Table::Ioctl(HANDLE handle, DWORD code, WSACOMPLETION* completion) const {
  char bytes[4] = {};
  DWORD returned = 0;
  WSATHREADID thread = {GetCurrentThread(), 0};
  return CodeOf(routine_.NSPIoctl(handle, code, bytes, 4, bytes, 4, &returned, completion,
                                  completion == nullptr ? nullptr : &thread));
}

DWORD Table::End(HANDLE handle) const {
  return CodeOf(routine_.NSPLookupServiceEnd(handle));
}

DWORD Table::Cleanup() {
  GUID id = target_.id();
  return CodeOf(routine_.NSPCleanup(&id));
}

bool Table::Free() {
  FreeLibrary(module_);
  HMODULE still = nullptr;
  return GetModuleHandleExW(
             GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
             reinterpret_cast<LPCWSTR>(module_), &still) != FALSE;
}

}  // namespace torture
