// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The service classes by which the name functions ask providers.
#ifndef RIG_CLASS_IDS_H_
#define RIG_CLASS_IDS_H_

#include "winsock.h"

namespace rig {

// xxxxxxxx-0000-rrrr-C000-000000000046: a port's class or a fixed number, and a DNS record type.
constexpr GUID ClassId(unsigned long number, unsigned short record = 0) {
  return {number, 0x0000, record, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}};
}
constexpr GUID kClassA = ClassId(0x00090035, 0x01);
constexpr GUID kClassPtr = ClassId(0x00090035, 0x0c);
constexpr GUID kClassAaaa = ClassId(0x00090035, 0x1c);
constexpr GUID kClassHostByAddress = ClassId(0x0002a801);
constexpr GUID kClassServiceByName = ClassId(0x0002a802);
constexpr GUID kClassHostByName = ClassId(0x0002a803);

}  // namespace rig

#endif  // RIG_CLASS_IDS_H_
