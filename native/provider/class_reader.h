// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A client's WSASERVICECLASSINFOW, copied out of its memory once.
#ifndef WINSOCK_NSP_PROVIDER_CLASS_READER_H_
#define WINSOCK_NSP_PROVIDER_CLASS_READER_H_

#include "class_info.h"
#include "growing_block.h"
#include "windows_headers.h"

namespace nsp {

class ClassReader {
 public:
  // Copies `info` (never NULL). Returns 0, WSAEFAULT (memory), WSAEINVAL (no class, no name, or a
  // count or size that no class can have), WSAENOBUFS (more than a frame holds) or
  // WSA_NOT_ENOUGH_MEMORY. Neither waits nor locks.
  [[nodiscard]] DWORD Copy(const void* info);

  // For the writer of blocks; points into this object.
  ClassView View() const;

 private:
  DWORD CopyProperties(const WSASERVICECLASSINFOW& info);
  DWORD CopyProperty(const WSANSCLASSINFOW& info);

  ClassHead head_ = {};
  Buffer name_;
  GrowingBlock properties_;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_CLASS_READER_H_
