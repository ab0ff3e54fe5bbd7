// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Bytes of the sidecar (sidecar.h) and back.
#ifndef WINSOCK_NSP_ADDON_SIDECAR_CODEC_H_
#define WINSOCK_NSP_ADDON_SIDECAR_CODEC_H_

#include <optional>
#include <string>
#include <vector>

#include "sidecar.h"
#include "status.h"

namespace nsp {

struct SidecarText {
  std::vector<GUID> ids;
  std::wstring host_sid;
  std::wstring control_path;
};

// ERROR_INVALID_PARAMETER: too many ids, no SID, a path that is too long.
Status EncodeSidecar(const SidecarText& text, Sidecar* sidecar);

// Nothing: these are not the bytes of a sound sidecar.
[[nodiscard]] std::optional<SidecarText> DecodeSidecar(const uint8_t* data, size_t bytes);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_SIDECAR_CODEC_H_
