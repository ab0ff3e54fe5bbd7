// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See class_reader.h.
#include "class_reader.h"

#include <cstring>

#include "client_fields.h"
#include "guarded_copy.h"

namespace nsp {

DWORD ClassReader::CopyProperty(const WSANSCLASSINFOW& info) {
  if (info.lpszName == nullptr || info.dwValueSize > kMaxBlobBytes) {
    return WSAEINVAL;
  }
  Buffer name;
  if (DWORD code = CopyClientText(info.lpszName, &name)) {
    return code;
  }
  Buffer value;
  if (!value.Resize(info.dwValueSize)) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (!GuardedCopy(value.data(), info.lpValue, info.dwValueSize)) {
    return WSAEFAULT;
  }
  PropertyView property;
  property.name = ViewOf(name);
  property.head.name_space = info.dwNameSpace;
  property.head.type = info.dwValueType;
  property.value = ViewOf(value);
  uint8_t* room = nullptr;
  if (DWORD code = properties_.Extend(MeasureProperty(property), &room)) {
    return code;
  }
  WriteProperty(property, room);
  return 0;
}

DWORD ClassReader::CopyProperties(const WSASERVICECLASSINFOW& info) {
  if (info.dwCount > kMaxClassProperties) {
    return WSAEINVAL;
  }
  // The array first, whole: the client may change it while its properties are being read.
  Buffer array;
  if (!array.Resize(info.dwCount * sizeof(WSANSCLASSINFOW))) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (!GuardedCopy(array.data(), info.lpClassInfos, array.size())) {
    return WSAEFAULT;
  }
  for (; head_.property_count < info.dwCount; ++head_.property_count) {
    WSANSCLASSINFOW property;
    std::memcpy(&property, array.data() + head_.property_count * sizeof(property),
                sizeof(property));
    if (DWORD code = CopyProperty(property)) {
      return code;
    }
  }
  return 0;
}

DWORD ClassReader::Copy(const void* info) {
  WSASERVICECLASSINFOW copy;
  if (!GuardedRead(&copy, info)) {
    return WSAEFAULT;
  }
  if (copy.lpServiceClassId == nullptr || copy.lpszServiceClassName == nullptr) {
    return WSAEINVAL;
  }
  if (!GuardedCopy(head_.service_class, copy.lpServiceClassId, sizeof(head_.service_class))) {
    return WSAEFAULT;
  }
  if (DWORD code = CopyClientText(copy.lpszServiceClassName, &name_)) {
    return code;
  }
  return CopyProperties(copy);
}

ClassView ClassReader::View() const {
  ClassView view;
  view.head = head_;
  view.name = ViewOf(name_);
  view.properties = properties_.View();
  return view;
}

}  // namespace nsp
