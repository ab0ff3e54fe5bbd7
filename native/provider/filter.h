// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Is this query ours? Decided from the control file's filter alone, so that foreign names cost no
// round trip.
#ifndef WINSOCK_NSP_PROVIDER_FILTER_H_
#define WINSOCK_NSP_PROVIDER_FILTER_H_

#include "control_file.h"
#include "query_set.h"

namespace nsp {

// The key of a name: no trailing dot, ASCII letters lowered. Written into `key` (at least `units`
// units); returns its length. `same`: the name is its own key.
uint32_t MakeKey(const uint16_t* name, uint32_t units, uint16_t* key, bool* same);

struct FilterQuestion {
  uint32_t entry = 0;       // index in the filter
  uint32_t name_space = 0;  // dwNameSpace
  bool names_us = false;    // lpNSProviderId is the entry's GUID
  bool has_name = false;
  bool name_is_key = false;
  const uint16_t* key = nullptr;
  uint32_t key_units = 0;
  const uint8_t* service_class = nullptr;  // 16 bytes, or nullptr for any
};

[[nodiscard]] bool OwnsQuery(const ControlFilter& filter, const FilterQuestion& question);

[[nodiscard]] bool DeclaresCode(const ControlFilter& filter, uint32_t code);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_FILTER_H_
