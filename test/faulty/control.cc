// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See control.h.
#include "control.h"

#include <cstring>

namespace faulty {

#define FAULTY_GUID(last)                                                            \
  {                                                                                  \
    0x8f6c1d10, 0x5b1e, 0x4c53, { 0x9a, 0x52, 0x4e, 0x53, 0x50, 0x4e, 0x10, (last) } \
  }

const Entry kEntryTable[kEntries] = {{FAULTY_GUID(1), 12, "names", true, false},
                                     {FAULTY_GUID(2), 1001, "mesh", true, false},
                                     {FAULTY_GUID(3), 1002, "vouch", false, false},
                                     {FAULTY_GUID(4), 1003, "feed", false, true}};

int EntryIndex(const GUID& id) {
  for (int i = 0; i < kEntries; ++i) {
    if (IsEqualGUID(kEntryTable[i].id, id)) return i;
  }
  return -1;
}

Kind KindOf(const GUID& service_class) {
  GUID id = service_class;
  const auto one = [&](uint32_t data1, uint16_t data3) {
    return id.Data1 == data1 && id.Data2 == 0 && id.Data3 == data3;
  };
  const uint8_t tail[8] = {0xC0, 0, 0, 0, 0, 0, 0, 0x46};
  if (std::memcmp(id.Data4, tail, sizeof(tail)) != 0) return Kind::kOther;
  if (one(0x0002A801, 0)) return Kind::kHostByAddress;
  if (one(0x0002A802, 0)) return Kind::kServiceByName;
  if (one(0x0002A803, 0)) return Kind::kHostByName;
  if (one(0x00090035, 0x01)) return Kind::kA;
  if (one(0x00090035, 0x0C)) return Kind::kPtr;
  return one(0x00090035, 0x1C) ? Kind::kAaaa : Kind::kOther;
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
