// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The writing half of the control file (control_file.h). Portable: every word that another process
// may read meanwhile is stored atomically.
#ifndef WINSOCK_NSP_COMMON_CONTROL_WRITER_H_
#define WINSOCK_NSP_COMMON_CONTROL_WRITER_H_

#include "control_file.h"

namespace nsp {

// Makes 64 KiB of zeros a control file without a filter. The head appears last.
void InitializeControl(ControlFile* file);

// Copies the current filter. False: none was ever written, or a writer was met `tries` times (one
// that was killed in the middle leaves it so until the next host starts).
[[nodiscard]] bool ReadControlFilter(const ControlFile& file, int tries, ControlFilter* filter);

// Publishes a filter under the sequence. Only the holder of the file's lock may call it. A sequence
// that a killed host has left odd is carried on.
void WriteControlFilter(ControlFile* file, const ControlFilter& filter);

// Bumps one counter. Any thread.
void BumpCounter(ControlFile* file, uint32_t index);
[[nodiscard]] uint32_t ReadCounter(const ControlFile& file, uint32_t index);

void SetRetired(ControlFile* file, bool retired);
[[nodiscard]] bool IsRetired(const ControlFile& file);

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_CONTROL_WRITER_H_
