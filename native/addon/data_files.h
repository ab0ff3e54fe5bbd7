// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The numbered data files of one control file, as things on the disk: made, mapped, deleted.
#ifndef WINSOCK_NSP_ADDON_DATA_FILES_H_
#define WINSOCK_NSP_ADDON_DATA_FILES_H_

#include <cstdint>
#include <string>

#include "status.h"
#include "unique_handle.h"

namespace nsp {

// `<folder of the control file>\data\<its name>.<number>`.
[[nodiscard]] std::wstring DataFilePath(const std::wstring& control_path, uint32_t number);

// Maps a new file of so many zeros. ERROR_FILE_EXISTS: the number is taken.
Status MakeDataFile(const std::wstring& path, uint32_t bytes, UniqueView* view);

// Maps an existing one. It must be our account's own: another account's could be written by that.
Status OpenDataFile(const std::wstring& path, UniqueView* view, uint32_t* bytes);

// Deletes the files of all other numbers, as far as nobody maps them.
void DeleteDataFilesBut(const std::wstring& control_path, uint32_t number);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_DATA_FILES_H_
