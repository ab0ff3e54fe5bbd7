// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Service classes of ANSI clients; see ansi_class.h.
#include "ansi_class.h"

#include "ansi_packer.h"

namespace rig {
namespace {

void PackProperty(AnsiPacker& packer, const WSANSCLASSINFOW& from, WSANSCLASSINFOA* to) {
  WSANSCLASSINFOA property{};
  property.lpszName = packer.Text(from.lpszName);
  property.dwNameSpace = from.dwNameSpace;
  property.dwValueType = from.dwValueType;
  property.dwValueSize = from.dwValueSize;
  property.lpValue = packer.Place(from.lpValue, from.dwValueSize, 8);
  if (to != nullptr) *to = property;
}

// With a NULL `to` this only measures.
size_t Pack(const WSASERVICECLASSINFOW& from, WSASERVICECLASSINFOA* to) {
  AnsiPacker packer(to, sizeof *to);
  WSASERVICECLASSINFOA info{};
  info.lpServiceClassId = packer.Copy(from.lpServiceClassId);
  info.dwCount = from.lpClassInfos != nullptr ? from.dwCount : 0;
  const std::vector<WSANSCLASSINFOA> empty(info.dwCount);
  info.lpClassInfos = packer.Copy(empty.data(), empty.size());
  for (DWORD i = 0; i < info.dwCount; ++i) {
    PackProperty(packer, from.lpClassInfos[i],
                 info.lpClassInfos != nullptr ? &info.lpClassInfos[i] : nullptr);
  }
  info.lpszServiceClassName = packer.Text(from.lpszServiceClassName);
  if (to != nullptr) *to = info;
  return packer.used();
}

}  // namespace

WideClass::WideClass(const WSASERVICECLASSINFOA& from) : name_(Widen(from.lpszServiceClassName)) {
  info_.lpServiceClassId = from.lpServiceClassId;
  info_.lpszServiceClassName = from.lpszServiceClassName != nullptr ? name_.data() : nullptr;
  info_.dwCount = from.dwCount;
  if (from.lpClassInfos == nullptr) return;
  property_names_.resize(from.dwCount);
  properties_.resize(from.dwCount);
  for (DWORD i = 0; i < from.dwCount; ++i) {
    const WSANSCLASSINFOA& property = from.lpClassInfos[i];
    property_names_[i] = Widen(property.lpszName);
    properties_[i].lpszName = property.lpszName != nullptr ? property_names_[i].data() : nullptr;
    properties_[i].dwNameSpace = property.dwNameSpace;
    properties_[i].dwValueType = property.dwValueType;
    properties_[i].dwValueSize = property.dwValueSize;
    properties_[i].lpValue = property.lpValue;
  }
  info_.lpClassInfos = properties_.data();
}

DWORD WriteAnsiClass(const WSASERVICECLASSINFOW& from, void* buffer, DWORD size) {
  const size_t needed = Pack(from, nullptr);
  if (buffer != nullptr && needed <= size) Pack(from, static_cast<WSASERVICECLASSINFOA*>(buffer));
  return static_cast<DWORD>(needed);
}

}  // namespace rig
