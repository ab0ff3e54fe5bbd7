// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Folders that only administrators can change, and what becomes of files that are in use.
#ifndef WINSOCK_NSP_ADDON_FILES_H_
#define WINSOCK_NSP_ADDON_FILES_H_

#include <string>
#include <vector>

#include "status.h"

namespace nsp {

// Makes a folder and the missing ones above it, each with the descriptor `sddl`. A folder that is
// there already is judged with PathFault, and so are the ones above it up to Program Files or
// ProgramData, if it lies in one of them: whoever can change those can put another folder in its
// place. ERROR_ACCESS_DENIED with a text in `fault`: one of them is not ours alone.
Status CreateProtectedFolder(const std::wstring& path, const std::wstring& sddl,
                             std::wstring* fault);

Status DeleteAtReboot(const std::wstring& path);

struct ProcessUsing {
  DWORD process_id;
  std::wstring image_path;  // empty if it cannot be read
};

// The processes that have the file loaded as a module, as far as we may look into them.
Status FindProcessesUsing(const std::wstring& path, std::vector<ProcessUsing>* processes);

// The full path of a process's program; empty if it cannot be read.
[[nodiscard]] std::wstring ImagePathOf(HANDLE process);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_FILES_H_
