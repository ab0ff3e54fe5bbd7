// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See sidecar_codec.h.
#include "sidecar_codec.h"

#include <cstring>

#include "file_checks.h"
#include "text.h"
#include "unique_handle.h"

namespace nsp {

Status EncodeSidecar(const SidecarText& text, Sidecar* sidecar) {
  const Status invalid = {ERROR_INVALID_PARAMETER, "encodeSidecar"};
  if (text.ids.empty() || text.ids.size() > kMaxEntries || text.control_path.empty() ||
      text.control_path.size() >= kMaxPathChars) {
    return invalid;
  }
  UniqueSid sid;
  const Status parsed = ParseSid(text.host_sid, &sid);
  if (!parsed.ok()) return parsed;
  *sidecar = {};
  sidecar->magic = kSidecarMagic;
  sidecar->version = kSidecarVersion;
  sidecar->bytes = sizeof(Sidecar);
  sidecar->guid_count = static_cast<uint32_t>(text.ids.size());
  for (size_t i = 0; i < text.ids.size(); ++i) {
    std::memcpy(sidecar->guids[i], &text.ids[i], sizeof(GUID));
  }
  sidecar->sid_bytes = GetLengthSid(sid.get());
  if (sidecar->sid_bytes > kMaxSidBytes) return invalid;
  std::memcpy(sidecar->host_sid, sid.get(), sidecar->sid_bytes);
  for (size_t i = 0; i < text.control_path.size(); ++i) {
    sidecar->control_path[i] = static_cast<uint16_t>(text.control_path[i]);
  }
  return {};
}

std::optional<SidecarText> DecodeSidecar(const uint8_t* data, size_t bytes) {
  Sidecar sidecar = {};
  if (bytes != sizeof(sidecar)) return std::nullopt;
  std::memcpy(&sidecar, data, bytes);
  if (!CheckSidecar(sidecar, bytes)) return std::nullopt;
  SidecarText text;
  text.ids.resize(sidecar.guid_count);
  std::memcpy(text.ids.data(), sidecar.guids, sidecar.guid_count * sizeof(GUID));
  text.host_sid = FormatSid(sidecar.host_sid);
  for (size_t i = 0; sidecar.control_path[i] != 0; ++i) {
    text.control_path += static_cast<wchar_t>(sidecar.control_path[i]);
  }
  return text;
}

}  // namespace nsp
