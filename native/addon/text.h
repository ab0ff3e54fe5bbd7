// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Texts as Windows writes them: GUIDs, SIDs and security descriptors.
#ifndef WINSOCK_NSP_ADDON_TEXT_H_
#define WINSOCK_NSP_ADDON_TEXT_H_

#include <string>
#include <string_view>

#include "status.h"
#include "unique_handle.h"

namespace nsp {

// Lower-case hexadecimal without braces.
[[nodiscard]] std::wstring FormatGuid(const GUID& guid);
[[nodiscard]] bool ParseGuid(std::wstring_view text, GUID* guid);

// 'S-1-5-...'; empty if it is no SID.
[[nodiscard]] std::wstring FormatSid(PSID sid);
Status ParseSid(const std::wstring& text, UniqueSid* sid);

Status FormatDescriptor(PSECURITY_DESCRIPTOR descriptor, std::wstring* sddl);
Status ParseDescriptor(const std::wstring& sddl, UniqueDescriptor* descriptor);

// Compares paths as NTFS does by default: without regard to case, by code unit.
[[nodiscard]] bool EqualPaths(const std::wstring& left, const std::wstring& right);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_TEXT_H_
