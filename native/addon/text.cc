// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See text.h.
#include "text.h"

#include <sddl.h>

#include <cwchar>

namespace nsp {
namespace {

// 8-4-4-4-12 digits.
constexpr std::wstring_view kGuidShape = L"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

int HexDigit(wchar_t unit) {
  if (unit >= L'0' && unit <= L'9') return unit - L'0';
  if (unit >= L'a' && unit <= L'f') return unit - L'a' + 10;
  if (unit >= L'A' && unit <= L'F') return unit - L'A' + 10;
  return -1;
}

}  // namespace

std::wstring FormatGuid(const GUID& guid) {
  wchar_t text[40];
  const auto* tail = guid.Data4;
  swprintf(text, 40, L"%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
           static_cast<unsigned long>(guid.Data1), static_cast<unsigned>(guid.Data2),
           static_cast<unsigned>(guid.Data3), tail[0], tail[1], tail[2], tail[3], tail[4], tail[5],
           tail[6], tail[7]);
  return text;
}

bool ParseGuid(std::wstring_view text, GUID* guid) {
  if (text.size() != kGuidShape.size()) return false;
  uint8_t bytes[16] = {};
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (kGuidShape[i] == L'-') {
      if (text[i] != L'-') return false;
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return false;
    bytes[digits / 2] = static_cast<uint8_t>(bytes[digits / 2] << 4 | digit);
    ++digits;
  }
  guid->Data1 = static_cast<decltype(guid->Data1)>(bytes[0]) << 24 |
                static_cast<decltype(guid->Data1)>(bytes[1]) << 16 |
                static_cast<decltype(guid->Data1)>(bytes[2]) << 8 | bytes[3];
  guid->Data2 = static_cast<unsigned short>(bytes[4] << 8 | bytes[5]);
  guid->Data3 = static_cast<unsigned short>(bytes[6] << 8 | bytes[7]);
  for (size_t i = 0; i < 8; ++i) {
    guid->Data4[i] = bytes[8 + i];
  }
  return true;
}

std::wstring FormatSid(PSID sid) {
  UniqueLocalText text;
  if (sid == nullptr || !ConvertSidToStringSidW(sid, text.put())) return {};
  return text.get();
}

Status ParseSid(const std::wstring& text, UniqueSid* sid) {
  if (!ConvertStringSidToSidW(text.c_str(), sid->put())) {
    return Status::Last("ConvertStringSidToSidW");
  }
  return {};
}

Status FormatDescriptor(PSECURITY_DESCRIPTOR descriptor, std::wstring* sddl) {
  constexpr SECURITY_INFORMATION kParts = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
                                          DACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION;
  UniqueLocalText text;
  if (!ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, kParts,
                                                            text.put(), nullptr)) {
    return Status::Last("ConvertSecurityDescriptorToStringSecurityDescriptorW");
  }
  *sddl = text.get();
  return {};
}

Status ParseDescriptor(const std::wstring& sddl, UniqueDescriptor* descriptor) {
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl.c_str(), SDDL_REVISION_1,
                                                            descriptor->put(), nullptr)) {
    return Status::Last("ConvertStringSecurityDescriptorToSecurityDescriptorW");
  }
  return {};
}

bool EqualPaths(const std::wstring& left, const std::wstring& right) {
  return CompareStringOrdinal(left.c_str(), static_cast<int>(left.size()), right.c_str(),
                              static_cast<int>(right.size()), TRUE) == CSTR_EQUAL;
}

}  // namespace nsp
