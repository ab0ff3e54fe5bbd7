// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See class_info.h.
#include "class_info.h"

#include <cstring>

namespace nsp {
namespace {

bool TakeText(Bytes* rest, Bytes* text) {
  uint32_t size = 0;
  return TakeValue(rest, &size) && TextSizeAllowed(size) && TakeBytes(rest, size, text);
}

bool TakeProperty(Bytes* rest, PropertyView* property) {
  return TakeText(rest, &property->name) && TakeValue(rest, &property->head) &&
         property->head.value_bytes <= kMaxBlobBytes &&
         TakeBytes(rest, property->head.value_bytes, &property->value);
}

}  // namespace

bool ReadClassInfo(const uint8_t* block, size_t available, ClassView* view) {
  *view = {};
  ClassHead& head = view->head;
  if (available < sizeof(head)) {
    return false;
  }
  std::memcpy(&head, block, sizeof(head));
  if (head.size > available || head.size < sizeof(head) || head.size % 4 != 0 ||
      head.property_count > kMaxClassProperties) {
    return false;
  }
  Bytes rest = {block + sizeof(head), head.size - static_cast<uint32_t>(sizeof(head))};
  if (!TakeText(&rest, &view->name)) {
    return false;
  }
  view->properties = rest;
  for (uint32_t i = 0; i < head.property_count; ++i) {
    PropertyView ignored;
    if (!TakeProperty(&rest, &ignored)) {
      return false;
    }
  }
  return rest.size == 0;
}

bool NextProperty(Bytes* properties, PropertyView* property) {
  return properties->size != 0 && TakeProperty(properties, property);
}

size_t MeasureProperty(const PropertyView& property) {
  if (!TextSizeAllowed(property.name.size) || property.value.size > kMaxBlobBytes) {
    return 0;
  }
  return sizeof(uint32_t) + Pad4(property.name.size) + sizeof(ClassProperty) +
         Pad4(property.value.size);
}

void WriteProperty(const PropertyView& property, uint8_t* out) {
  ClassProperty head = property.head;
  head.value_bytes = property.value.size;
  PutSized(&out, property.name);
  PutBytes(&out, &head, sizeof(head));
  PutBytes(&out, property.value.data, property.value.size);
}

size_t MeasureClassInfo(const ClassView& view) {
  if (!TextSizeAllowed(view.name.size) || view.head.property_count > kMaxClassProperties) {
    return 0;
  }
  size_t size = sizeof(ClassHead) + sizeof(uint32_t) + Pad4(view.name.size) + view.properties.size;
  return size <= kMaxFrameBytes ? size : 0;
}

void WriteClassInfo(const ClassView& view, uint8_t* out) {
  ClassHead head = view.head;
  head.size = static_cast<uint32_t>(MeasureClassInfo(view));
  PutBytes(&out, &head, sizeof(head));
  PutSized(&out, view.name);
  PutBytes(&out, view.properties.data, view.properties.size);
}

}  // namespace nsp
