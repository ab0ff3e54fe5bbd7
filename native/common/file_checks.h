// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Checks of the files that the DLL reads. Both are untrusted input: a copy is checked completely,
// then used.
#ifndef WINSOCK_NSP_COMMON_FILE_CHECKS_H_
#define WINSOCK_NSP_COMMON_FILE_CHECKS_H_

#include <cstddef>

#include "control_file.h"
#include "sidecar.h"

namespace nsp {

// True if the fixed head of a mapped control file is what this version of the layout says.
[[nodiscard]] bool CheckControlHead(uint32_t magic, uint32_t version, uint32_t bytes);

// True if every count, offset, mask and text of a filter lies within its bounds.
[[nodiscard]] bool CheckControlFilter(const ControlFilter& filter);

// True if `bytes` bytes that were read into `sidecar` are a whole and sound sidecar.
[[nodiscard]] bool CheckSidecar(const Sidecar& sidecar, size_t bytes);

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_FILE_CHECKS_H_
