// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The file beside the installed DLL (winsock-nsp.sidecar): the record of trust that `install`
// leaves where only administrators can write. It names the account the DLL talks to, the control
// file and the entries.
#ifndef WINSOCK_NSP_COMMON_SIDECAR_H_
#define WINSOCK_NSP_COMMON_SIDECAR_H_

#include <cstdint>

#include "constants.h"

namespace nsp {

struct Sidecar {
  uint32_t magic;    // kSidecarMagic
  uint32_t version;  // kSidecarVersion
  uint32_t bytes;    // sizeof(Sidecar)
  uint32_t guid_count;
  uint8_t guids[kMaxEntries][16];  // order of ControlFilter.entries
  uint32_t sid_bytes;
  uint8_t host_sid[kMaxSidBytes];
  uint16_t control_path[kMaxPathChars];  // absolute, zero-terminated
};

static_assert(sizeof(Sidecar) == 16 + 16 * 16 + 4 + kMaxSidBytes + 2 * kMaxPathChars);

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_SIDECAR_H_
