// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The judgement DescriptorFault of security.h: pure, so that it is tested without a file.
#include "security.h"

#include <cwchar>

#include "text.h"

namespace nsp {
namespace {

struct Right {
  DWORD mask;
  const wchar_t* name;
};

// The directory names share their bits with the file names.
constexpr Right kWriting[] = {
    {GENERIC_ALL, L"GENERIC_ALL"},
    {GENERIC_WRITE, L"GENERIC_WRITE"},
    {MAXIMUM_ALLOWED, L"MAXIMUM_ALLOWED"},
    {WRITE_OWNER, L"WRITE_OWNER"},
    {WRITE_DAC, L"WRITE_DAC"},
    {DELETE, L"DELETE"},
    {FILE_DELETE_CHILD, L"FILE_DELETE_CHILD"},
    {FILE_WRITE_DATA, L"FILE_WRITE_DATA"},
    {FILE_APPEND_DATA, L"FILE_APPEND_DATA"},
    {FILE_WRITE_EA, L"FILE_WRITE_EA"},
    {FILE_WRITE_ATTRIBUTES, L"FILE_WRITE_ATTRIBUTES"},
};

constexpr const wchar_t* kTrusted[] = {
    L"S-1-5-32-544",                                                    // administrators
    L"S-1-5-18",                                                        // SYSTEM
    L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",  // TrustedInstaller
};
constexpr wchar_t kCreatorOwner[] = L"S-1-3-0";
constexpr wchar_t kOwnerRights[] = L"S-1-3-4";  // whoever owns it, which is judged by itself

bool IsTrusted(PSID sid, const std::wstring& text, PSID also_trusted) {
  for (const wchar_t* trusted : kTrusted) {
    if (text == trusted) return true;
  }
  return also_trusted != nullptr && EqualSid(sid, also_trusted);
}

std::wstring NameRights(DWORD mask) {
  std::wstring names;
  for (const Right& right : kWriting) {
    if ((mask & right.mask) == 0) continue;
    if (!names.empty()) names += L" | ";
    names += right.name;
  }
  return names;
}

bool Denies(BYTE type) {
  return type == ACCESS_DENIED_ACE_TYPE || type == ACCESS_DENIED_OBJECT_ACE_TYPE ||
         type == ACCESS_DENIED_CALLBACK_ACE_TYPE || type == ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE;
}

std::wstring EntryFault(ACE_HEADER* header, PSID also_trusted) {
  if (Denies(header->AceType)) return {};
  // A conditional entry is counted as if its condition held; both have the same layout up to here.
  if (header->AceType != ACCESS_ALLOWED_ACE_TYPE &&
      header->AceType != ACCESS_ALLOWED_CALLBACK_ACE_TYPE) {
    return L"has an access entry of unknown type " + std::to_wstring(header->AceType);
  }
  auto* ace = reinterpret_cast<ACCESS_ALLOWED_ACE*>(header);
  const std::wstring rights = NameRights(ace->Mask);
  if (rights.empty()) return {};
  PSID sid = &ace->SidStart;
  const std::wstring who = FormatSid(sid);
  if (who == kCreatorOwner || who == kOwnerRights || IsTrusted(sid, who, also_trusted)) return {};
  const bool inherit_only = (header->AceFlags & INHERIT_ONLY_ACE) != 0;
  return who + (inherit_only ? L" gets " : L" has ") + rights +
         (inherit_only ? L" on what is made inside" : L"");
}

}  // namespace

std::wstring DescriptorFault(PSECURITY_DESCRIPTOR descriptor, PSID also_trusted) {
  PSID owner = nullptr;
  BOOL defaulted = FALSE;
  if (!GetSecurityDescriptorOwner(descriptor, &owner, &defaulted) || owner == nullptr) {
    return L"has no owner";
  }
  const std::wstring who = FormatSid(owner);
  if (!IsTrusted(owner, who, also_trusted)) return who + L" owns it (OWNER)";
  BOOL present = FALSE;
  PACL dacl = nullptr;
  if (!GetSecurityDescriptorDacl(descriptor, &present, &dacl, &defaulted) || !present ||
      dacl == nullptr) {
    return L"S-1-1-0 has GENERIC_ALL: there is no access list";
  }
  for (DWORD i = 0; i < dacl->AceCount; ++i) {
    void* ace = nullptr;
    if (!GetAce(dacl, i, &ace)) return L"has an unreadable access list";
    const std::wstring fault = EntryFault(static_cast<ACE_HEADER*>(ace), also_trusted);
    if (!fault.empty()) return fault;
  }
  return {};
}

}  // namespace nsp
