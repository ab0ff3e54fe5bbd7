// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Text and restrictions of ANSI clients; see ansi.h.
#include "ansi.h"

namespace rig {

std::wstring Widen(const char* text) {
  if (text == nullptr) return {};
  const int size = MultiByteToWideChar(CP_ACP, 0, text, -1, nullptr, 0);
  if (size <= 1) return {};
  std::wstring wide(static_cast<size_t>(size), L'\0');
  MultiByteToWideChar(CP_ACP, 0, text, -1, wide.data(), size);
  wide.resize(static_cast<size_t>(size) - 1);
  return wide;
}

std::string Narrow(const wchar_t* text) {
  if (text == nullptr) return {};
  const int size = WideCharToMultiByte(CP_ACP, 0, text, -1, nullptr, 0, nullptr, nullptr);
  if (size <= 1) return {};
  std::string narrow(static_cast<size_t>(size), '\0');
  WideCharToMultiByte(CP_ACP, 0, text, -1, narrow.data(), size, nullptr, nullptr);
  narrow.resize(static_cast<size_t>(size) - 1);
  return narrow;
}

WideRestrictions::WideRestrictions(const WSAQUERYSETA& from)
    : name_(Widen(from.lpszServiceInstanceName)),
      comment_(Widen(from.lpszComment)),
      context_(Widen(from.lpszContext)),
      query_(Widen(from.lpszQueryString)) {
  const auto text = [](const char* given, std::wstring& wide) {
    return given == nullptr ? nullptr : wide.data();
  };
  set_.dwSize = sizeof set_;
  set_.lpszServiceInstanceName = text(from.lpszServiceInstanceName, name_);
  set_.lpServiceClassId = from.lpServiceClassId;
  set_.lpVersion = from.lpVersion;
  set_.lpszComment = text(from.lpszComment, comment_);
  set_.dwNameSpace = from.dwNameSpace;
  set_.lpNSProviderId = from.lpNSProviderId;
  set_.lpszContext = text(from.lpszContext, context_);
  set_.dwNumberOfProtocols = from.dwNumberOfProtocols;
  set_.lpafpProtocols = from.lpafpProtocols;
  set_.lpszQueryString = text(from.lpszQueryString, query_);
  set_.dwNumberOfCsAddrs = from.dwNumberOfCsAddrs;
  set_.lpcsaBuffer = from.lpcsaBuffer;
  set_.dwOutputFlags = from.dwOutputFlags;
  set_.lpBlob = from.lpBlob;
}

}  // namespace rig
