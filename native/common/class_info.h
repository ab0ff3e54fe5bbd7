// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Reader and writer of class blocks (wire.h), which carry a WSASERVICECLASSINFO. Portable and
// freestanding; nothing here allocates or waits.
#ifndef WINSOCK_NSP_COMMON_CLASS_INFO_H_
#define WINSOCK_NSP_COMMON_CLASS_INFO_H_

#include <cstddef>
#include <cstdint>

#include "block.h"
#include "wire.h"

namespace nsp {

struct ClassView {
  ClassHead head = {};
  Bytes name;
  Bytes properties;  // the encoded properties, checked; walk them with NextProperty
};

struct PropertyView {
  Bytes name;
  ClassProperty head = {};
  Bytes value;
};

// Checks a block of at most `available` bytes completely and fills `view`. False: malformed,
// nothing usable.
[[nodiscard]] bool ReadClassInfo(const uint8_t* block, size_t available, ClassView* view);

// Takes the next property of a view that ReadClassInfo filled. False: none left.
[[nodiscard]] bool NextProperty(Bytes* properties, PropertyView* property);

// The encoded size of a property (its head.value_bytes is ignored); 0 if a limit is exceeded.
// WriteProperty writes it into that many bytes.
[[nodiscard]] size_t MeasureProperty(const PropertyView& property);
void WriteProperty(const PropertyView& property, uint8_t* out);

// The size of the block that WriteClassInfo makes of `view` (its head.size is ignored); 0 if a
// limit is exceeded. Properties are taken over in encoded form.
[[nodiscard]] size_t MeasureClassInfo(const ClassView& view);
void WriteClassInfo(const ClassView& view, uint8_t* out);

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_CLASS_INFO_H_
