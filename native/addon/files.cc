// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See files.h.
#include "files.h"

#include <tlhelp32.h>

#include "security.h"
#include "text.h"
#include "unique_handle.h"

namespace nsp {
namespace {

// The longest path that Windows knows.
constexpr DWORD kLongestPath = 32768;

bool Exists(const std::wstring& path) {
  return GetFileAttributesW(path.c_str()) != INVALID_FILE_ATTRIBUTES;
}

// '' for a root or a text without a folder.
std::wstring ParentOf(const std::wstring& path) {
  const size_t slash = path.find_last_of(L"\\/");
  if (slash == std::wstring::npos || slash == 0 || path[slash - 1] == L':') return {};
  return path.substr(0, slash);
}

// The folder that everybody's data may lie in and whose own rights are Windows's matter; '' if the
// path is in neither.
std::wstring KnownRootOf(const std::wstring& path) {
  for (const KnownFolder which : {KnownFolder::kProgramFiles, KnownFolder::kProgramData}) {
    std::wstring root;
    if (FindKnownFolder(which, &root).ok() && path.size() > root.size() &&
        path[root.size()] == L'\\' && EqualPaths(path.substr(0, root.size()), root)) {
      return root;
    }
  }
  return {};
}

Status CheckExisting(std::wstring path, bool with_parents, const std::wstring& root,
                     std::wstring* fault) {
  while (!path.empty() && !EqualPaths(path, root)) {
    const Status status = PathFault(path, fault);
    if (!status.ok()) return status;
    if (!fault->empty()) {
      *fault = path + L" " + *fault;
      return {ERROR_ACCESS_DENIED, "CreateDirectoryW"};
    }
    if (!with_parents) break;
    path = ParentOf(path);
  }
  return {};
}

// Whether a process has a module of this path.
bool HasModule(DWORD process_id, const std::wstring& path) {
  UniqueFile snapshot(
      CreateToolhelp32Snapshot(TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32, process_id));
  if (!snapshot) return false;
  MODULEENTRY32W module = {};
  module.dwSize = sizeof(module);
  for (BOOL more = Module32FirstW(snapshot.get(), &module); more;
       more = Module32NextW(snapshot.get(), &module)) {
    if (EqualPaths(module.szExePath, path)) return true;
  }
  return false;
}

}  // namespace

Status CreateProtectedFolder(const std::wstring& path, const std::wstring& sddl,
                             std::wstring* fault) {
  UniqueDescriptor descriptor;
  const Status parsed = ParseDescriptor(sddl, &descriptor);
  if (!parsed.ok()) return parsed;
  std::vector<std::wstring> missing;
  std::wstring existing = path;
  while (!existing.empty() && !Exists(existing)) {
    missing.push_back(existing);
    existing = ParentOf(existing);
  }
  const std::wstring root = KnownRootOf(path);
  // Outside of the two folders only the folder itself is ours to judge.
  if (missing.empty() || !root.empty()) {
    const Status status = CheckExisting(existing, !root.empty(), root, fault);
    if (!status.ok()) return status;
  }
  SECURITY_ATTRIBUTES attributes = {sizeof(attributes), descriptor.get(), FALSE};
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    if (CreateDirectoryW(at->c_str(), &attributes)) continue;
    if (GetLastError() != ERROR_ALREADY_EXISTS) return Status::Last("CreateDirectoryW");
    // Somebody was faster: then it is theirs until shown otherwise.
    const Status status = CheckExisting(*at, false, root, fault);
    if (!status.ok()) return status;
  }
  return {};
}

Status DeleteAtReboot(const std::wstring& path) {
  if (!MoveFileExW(path.c_str(), nullptr, MOVEFILE_DELAY_UNTIL_REBOOT)) {
    return Status::Last("MoveFileExW");
  }
  return {};
}

Status FindProcessesUsing(const std::wstring& path, std::vector<ProcessUsing>* processes) {
  UniqueFile snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));
  if (!snapshot) return Status::Last("CreateToolhelp32Snapshot");
  PROCESSENTRY32W entry = {};
  entry.dwSize = sizeof(entry);
  for (BOOL more = Process32FirstW(snapshot.get(), &entry); more;
       more = Process32NextW(snapshot.get(), &entry)) {
    // To the module list, 0 would mean this process.
    if (entry.th32ProcessID == 0 || !HasModule(entry.th32ProcessID, path)) continue;
    UniqueHandle process(
        OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, entry.th32ProcessID));
    processes->push_back({entry.th32ProcessID, ImagePathOf(process.get())});
  }
  return {};
}

std::wstring ImagePathOf(HANDLE process) {
  std::wstring path(kLongestPath, L'\0');
  DWORD units = kLongestPath;
  if (process == nullptr || !QueryFullProcessImageNameW(process, 0, path.data(), &units)) return {};
  path.resize(units);
  return path;
}

}  // namespace nsp
