// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See class_writer.h.
#include "class_writer.h"

#include <cstring>

#include "packer.h"

namespace nsp {
namespace {

LPWSANSCLASSINFOW PlaceProperties(Packer* packer, const ClassView& view) {
  if (view.head.property_count == 0) {
    return nullptr;
  }
  uint8_t* array = nullptr;
  uintptr_t at = packer->Reserve(view.head.property_count * sizeof(WSANSCLASSINFOW), &array);
  Bytes rest = view.properties;
  PropertyView property;
  for (uint32_t i = 0; NextProperty(&rest, &property); ++i) {
    WSANSCLASSINFOW info = {};
    info.lpszName = packer->PlaceText(property.name);
    info.dwNameSpace = property.head.name_space;
    info.dwValueType = property.head.type;
    info.dwValueSize = property.value.size;
    if (property.value.size != 0) {
      info.lpValue =
          reinterpret_cast<void*>(packer->Place(property.value.data, property.value.size));
    }
    if (array != nullptr) {
      std::memcpy(array + i * sizeof(info), &info, sizeof(info));
    }
  }
  return reinterpret_cast<LPWSANSCLASSINFOW>(at);
}

}  // namespace

DWORD StoreClassInfo(const ClassView& view, void* buffer, uint32_t length, uint32_t* need) {
  return PackInto(buffer, length, need, [&](Packer* packer) {
    WSASERVICECLASSINFOW info = {};
    packer->SkipHead(sizeof(info));
    info.lpServiceClassId =
        reinterpret_cast<LPGUID>(packer->Place(view.head.service_class, sizeof(GUID)));
    info.lpszServiceClassName = packer->PlaceText(view.name);
    info.dwCount = view.head.property_count;
    info.lpClassInfos = PlaceProperties(packer, view);
    packer->WriteHead(info);
  });
}

}  // namespace nsp
