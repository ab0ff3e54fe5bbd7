// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See control.h.
#include "control.h"

namespace faulty {

#define FAULTY_GUID(last)                                                            \
  {                                                                                  \
    0x8f6c1d10, 0x5b1e, 0x4c53, { 0x9a, 0x52, 0x4e, 0x53, 0x50, 0x4e, 0x10, (last) } \
  }

const Entry kEntryTable[kEntries] = {
    {FAULTY_GUID(1), 12, "names"}, {FAULTY_GUID(2), 1001, "mesh"}, {FAULTY_GUID(3), 1002, "vouch"}};

int EntryIndex(const GUID& id) {
  for (int i = 0; i < kEntries; ++i) {
    if (IsEqualGUID(kEntryTable[i].id, id)) return i;
  }
  return -1;
}

std::wstring ControlPath() {
  wchar_t folder[MAX_PATH];
  const UINT length = GetSystemWindowsDirectoryW(folder, MAX_PATH);
  return std::wstring(folder, length) + L"\\Temp\\nsp-faulty-control.bin";
}

uint32_t HashText(const std::wstring& lower) {
  uint32_t hash = 2166136261u;
  for (const wchar_t unit : lower)
    hash = (hash ^ unit) * 16777619u;
  return hash % kBuckets;
}

uint32_t HashClass(const GUID& id) {
  uint32_t hash = 2166136261u;
  const auto* raw = reinterpret_cast<const uint8_t*>(&id);
  for (size_t i = 0; i < sizeof(id); ++i)
    hash = (hash ^ raw[i]) * 16777619u;
  return hash % kBuckets;
}

std::wstring Lower(std::wstring text) {
  for (wchar_t& unit : text) {
    if (unit >= L'A' && unit <= L'Z') unit = static_cast<wchar_t>(unit - L'A' + L'a');
  }
  return text;
}

}  // namespace faulty
