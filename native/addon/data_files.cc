// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See data_files.h.
#include "data_files.h"

#include <aclapi.h>

#include <vector>

#include "constants.h"

namespace nsp {
namespace {

constexpr DWORD kShare = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

Status Map(HANDLE file, uint32_t bytes, UniqueView* view) {
  // Gives a new file its size; an existing one has it.
  UniqueHandle section(CreateFileMappingW(file, nullptr, PAGE_READWRITE, 0, bytes, nullptr));
  if (!section) return Status::Last("CreateFileMappingW");
  view->reset(MapViewOfFile(section.get(), FILE_MAP_WRITE, 0, 0, bytes));
  if (!*view) return Status::Last("MapViewOfFile");
  return {};
}

// The SID in one kind of information about our token.
template <typename Information>
bool TokenSidIs(HANDLE token, TOKEN_INFORMATION_CLASS what, PSID Information::*sid, PSID other) {
  std::vector<BYTE> bytes(sizeof(Information) + SECURITY_MAX_SID_SIZE);
  DWORD size = 0;
  return GetTokenInformation(token, what, bytes.data(), static_cast<DWORD>(bytes.size()), &size) &&
         EqualSid(reinterpret_cast<Information*>(bytes.data())->*sid, other);
}

// Whether the file was made by this account: its user, or whom its new files belong to.
bool IsOurOwn(HANDLE file) {
  UniqueDescriptor descriptor;
  PSID owner = nullptr;
  UniqueHandle token;
  if (GetSecurityInfo(file, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr,
                      nullptr, descriptor.put()) != ERROR_SUCCESS ||
      !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.put())) {
    return false;
  }
  // SID_AND_ATTRIBUTES begins with its SID, as TOKEN_OWNER does.
  return TokenSidIs(token.get(), TokenUser, &TOKEN_OWNER::Owner, owner) ||
         TokenSidIs(token.get(), TokenOwner, &TOKEN_OWNER::Owner, owner);
}

// The number at the end of a data file's name; 0: it is none.
uint32_t NumberIn(const std::wstring& text) {
  uint64_t number = 0;
  for (const wchar_t digit : text) {
    if (digit < L'0' || digit > L'9' || number > UINT32_MAX) return 0;
    number = number * 10 + static_cast<uint64_t>(digit - L'0');
  }
  return number <= UINT32_MAX ? static_cast<uint32_t>(number) : 0;
}

std::wstring Prefix(const std::wstring& control_path) {
  const size_t slash = control_path.find_last_of(L"\\/");
  const size_t name = slash == std::wstring::npos ? 0 : slash + 1;
  return control_path.substr(0, name) + L"data\\" + control_path.substr(name) + L".";
}

}  // namespace

std::wstring DataFilePath(const std::wstring& control_path, uint32_t number) {
  return Prefix(control_path) + std::to_wstring(number);
}

Status MakeDataFile(const std::wstring& path, uint32_t bytes, UniqueView* view) {
  UniqueFile file(CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, kShare, nullptr,
                              CREATE_NEW, FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  if (!file) return Status::Last("CreateFileW");
  const Status status = Map(file.get(), bytes, view);
  if (!status.ok()) {
    file.reset();
    DeleteFileW(path.c_str());
  }
  return status;
}

Status OpenDataFile(const std::wstring& path, UniqueView* view, uint32_t* bytes) {
  UniqueFile file(CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, kShare, nullptr,
                              OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  if (!file) return Status::Last("CreateFileW");
  LARGE_INTEGER size = {};
  if (!GetFileSizeEx(file.get(), &size)) return Status::Last("GetFileSizeEx");
  if (size.QuadPart < kMinDataBytes || size.QuadPart > kMaxDataBytes) {
    return {ERROR_FILE_CORRUPT, "GetFileSizeEx"};
  }
  if (!IsOurOwn(file.get())) return {ERROR_INVALID_OWNER, "GetSecurityInfo"};
  *bytes = static_cast<uint32_t>(size.QuadPart);
  return Map(file.get(), *bytes, view);
}

void DeleteDataFilesBut(const std::wstring& control_path, uint32_t number) {
  const std::wstring prefix = Prefix(control_path);
  const size_t name = prefix.find_last_of(L'\\') + 1;
  WIN32_FIND_DATAW found = {};
  UniqueFind find(FindFirstFileW((prefix + L"*").c_str(), &found));
  if (!find) return;
  do {
    const std::wstring file = found.cFileName;
    if (file.size() <= prefix.size() - name) continue;
    const uint32_t old = NumberIn(file.substr(prefix.size() - name));
    if (old != 0 && old != number) DeleteFileW((prefix.substr(0, name) + file).c_str());
  } while (FindNextFileW(find.get(), &found));
}

}  // namespace nsp
