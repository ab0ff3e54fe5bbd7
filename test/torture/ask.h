// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The lookup calls as any program makes them, timed and logged.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "log.h"

namespace torture {

inline constexpr DWORD kNotifyChange = 0x88000019u;
inline constexpr DWORD kEchoCode = 0xD8000001u;
inline constexpr DWORD kChangeCode = 0xD8000007u;  // the host calls invalidate for the name
inline constexpr DWORD kHoldCode = 0xD8000005u;
inline constexpr DWORD kReturnAll = 0xFF0;

// The program's arguments: key=value.
class Arguments {
 public:
  Arguments(int count, wchar_t** values);
  std::wstring Text(const wchar_t* key, const wchar_t* standard = L"") const;
  uint32_t Number(const wchar_t* key, uint32_t standard) const;
  // With commas between.
  std::vector<GUID> Ids(const wchar_t* key) const;

 private:
  std::map<std::wstring, std::wstring> values_;
};

// Where questions go: ns= and guid=.
class Target {
 public:
  explicit Target(const Arguments& arguments);
  // 0 or the error; the calls below too.
  DWORD Begin(const std::wstring& name, HANDLE* handle) const;
  // As Begin, straight into a provider's table.
  DWORD Begin(const NSP_ROUTINE& table, const std::wstring& name, HANDLE* handle,
              DWORD flags = kReturnAll) const;
  const GUID& id() const { return id_; }

 private:
  GUID id_ = {};
  DWORD namespace_ = 0;
};

struct Item {
  std::wstring name;
  uint32_t version = 0;
  uint32_t comment = 0;  // as a number
};

DWORD Next(HANDLE handle, Item* item);
DWORD Poll(HANDLE handle);
DWORD Echo(HANDLE handle);
// Makes the host say that the handle's name has changed.
DWORD Change(HANDLE handle);
DWORD Register(HANDLE handle, WSACOMPLETION* completion);
// A control code with a completion; `buffer` of 64 bytes is input and output.
DWORD RegisterCode(HANDLE handle, DWORD code, void* buffer, WSACOMPLETION* completion);
DWORD End(HANDLE handle);
// Reads to the end; the last item's version, or what came instead of an end.
DWORD Drain(HANDLE handle, uint32_t* version);

// One JSON line on standard output.
void Say(const std::string& text);
// What a program says at its end, and its exit code.
int Result(bool good, const std::string& what);

}  // namespace torture
