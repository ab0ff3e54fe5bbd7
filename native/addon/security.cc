// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See security.h.
#include "security.h"

#include <aclapi.h>

#include <vector>

#include "system_function.h"
#include "text.h"

namespace nsp {
namespace {

// The named parts of a descriptor that a path can carry.
constexpr SECURITY_INFORMATION kPathParts = OWNER_SECURITY_INFORMATION |
                                            GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
                                            LABEL_SECURITY_INFORMATION;

// Wine keeps a file's owner as a Unix account, which it shows as the user's own SID whatever was
// set; there the running account stands for the administrators. Only Wine's ntdll has this name.
bool IsWine() {
  return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr;
}

Status QueryCurrentUser(std::vector<BYTE>* user) {
  UniqueHandle token;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.put())) {
    return Status::Last("OpenProcessToken");
  }
  user->resize(sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE);
  DWORD bytes = 0;
  if (!GetTokenInformation(token.get(), TokenUser, user->data(), static_cast<DWORD>(user->size()),
                           &bytes)) {
    return Status::Last("GetTokenInformation");
  }
  return {};
}

PSID SidOf(std::vector<BYTE>* user) {
  return reinterpret_cast<TOKEN_USER*>(user->data())->User.Sid;
}

}  // namespace

bool IsElevated() {
  BYTE administrators[SECURITY_MAX_SID_SIZE];
  DWORD bytes = sizeof(administrators);
  BOOL member = FALSE;
  return CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, administrators, &bytes) &&
         CheckTokenMembership(nullptr, administrators, &member) && member;
}

Status CurrentUserSid(std::wstring* sid) {
  std::vector<BYTE> user;
  const Status status = QueryCurrentUser(&user);
  if (status.ok()) *sid = FormatSid(SidOf(&user));
  return status;
}

Status FindKnownFolder(KnownFolder which, std::wstring* path) {
  // FOLDERID_ProgramFiles and FOLDERID_ProgramData.
  constexpr GUID kFolders[] = {
      {0x905e63b6, 0xc1bf, 0x494e, {0xb2, 0x9c, 0x65, 0xb7, 0x32, 0xd3, 0xd2, 0x1a}},
      {0x62ab5d82, 0xfdc1, 0x4dc3, {0xa9, 0xdd, 0x07, 0x0d, 0x1d, 0x49, 0x5d, 0x97}}};
  using GetPath = HRESULT(WINAPI*)(const GUID&, DWORD, HANDLE, PWSTR*);
  using Free = void(WINAPI*)(void*);
  // shell32 is loaded when it is needed: few who load this addon ask for a folder.
  UniqueModule shell(LoadLibraryExW(L"shell32.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32));
  UniqueModule ole(LoadLibraryExW(L"ole32.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32));
  const auto get_path = SystemFunction<GetPath>(shell.get(), "SHGetKnownFolderPath");
  const auto free = SystemFunction<Free>(ole.get(), "CoTaskMemFree");
  if (get_path == nullptr || free == nullptr) return Status::Last("SHGetKnownFolderPath");
  PWSTR text = nullptr;
  const HRESULT result = get_path(kFolders[static_cast<int>(which)], 0, nullptr, &text);
  if (SUCCEEDED(result)) *path = text;
  free(text);
  if (FAILED(result)) return {static_cast<DWORD>(HRESULT_CODE(result)), "SHGetKnownFolderPath"};
  return {};
}

Status PathFault(const std::wstring& path, std::wstring* fault) {
  fault->clear();
  const DWORD attributes = GetFileAttributesW(path.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) return Status::Last("GetFileAttributesW");
  if ((attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
    *fault = L"is a link to another place";
    return {};
  }
  UniqueDescriptor descriptor;
  const DWORD error = GetNamedSecurityInfoW(path.c_str(), SE_FILE_OBJECT,
                                            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                                            nullptr, nullptr, nullptr, nullptr, descriptor.put());
  if (error != ERROR_SUCCESS) return {error, "GetNamedSecurityInfoW"};
  std::vector<BYTE> user;
  if (IsWine()) {
    const Status status = QueryCurrentUser(&user);
    if (!status.ok()) return status;
  }
  *fault = DescriptorFault(descriptor.get(), user.empty() ? nullptr : SidOf(&user));
  return {};
}

Status GetPathDescriptor(const std::wstring& path, std::wstring* sddl) {
  UniqueDescriptor descriptor;
  const DWORD error = GetNamedSecurityInfoW(path.c_str(), SE_FILE_OBJECT, kPathParts, nullptr,
                                            nullptr, nullptr, nullptr, descriptor.put());
  if (error != ERROR_SUCCESS) return {error, "GetNamedSecurityInfoW"};
  return FormatDescriptor(descriptor.get(), sddl);
}

Status SetPathDescriptor(const std::wstring& path, const std::wstring& sddl) {
  UniqueDescriptor descriptor;
  const Status parsed = ParseDescriptor(sddl, &descriptor);
  if (!parsed.ok()) return parsed;
  SECURITY_INFORMATION parts = 0;
  BOOL present = FALSE;
  BOOL defaulted = FALSE;
  PSID owner = nullptr;
  PSID group = nullptr;
  PACL dacl = nullptr;
  PACL sacl = nullptr;
  SECURITY_DESCRIPTOR_CONTROL control = 0;
  DWORD revision = 0;
  GetSecurityDescriptorControl(descriptor.get(), &control, &revision);
  if (GetSecurityDescriptorOwner(descriptor.get(), &owner, &defaulted) && owner != nullptr) {
    parts |= OWNER_SECURITY_INFORMATION;
  }
  if (GetSecurityDescriptorGroup(descriptor.get(), &group, &defaulted) && group != nullptr) {
    parts |= GROUP_SECURITY_INFORMATION;
  }
  if (GetSecurityDescriptorDacl(descriptor.get(), &present, &dacl, &defaulted) && present) {
    parts |= DACL_SECURITY_INFORMATION;
    parts |= (control & SE_DACL_PROTECTED) != 0 ? PROTECTED_DACL_SECURITY_INFORMATION
                                                : UNPROTECTED_DACL_SECURITY_INFORMATION;
  }
  if (GetSecurityDescriptorSacl(descriptor.get(), &present, &sacl, &defaulted) && present) {
    parts |= LABEL_SECURITY_INFORMATION;
  }
  std::wstring name = path;  // the function takes it without const
  const DWORD error =
      SetNamedSecurityInfoW(name.data(), SE_FILE_OBJECT, parts, owner, group, dacl, sacl);
  if (error != ERROR_SUCCESS) return {error, "SetNamedSecurityInfoW"};
  return {};
}

}  // namespace nsp
