// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A service class into the caller's buffer, as NSPGetServiceClassInfo returns it (contract 1.9).
// One walk measures and writes.
#ifndef WINSOCK_NSP_PROVIDER_CLASS_WRITER_H_
#define WINSOCK_NSP_PROVIDER_CLASS_WRITER_H_

#include "class_info.h"
#include "windows_headers.h"

namespace nsp {

// `buffer` is the caller's, untrusted. Returns what PackInto says (packer.h).
[[nodiscard]] DWORD StoreClassInfo(const ClassView& view, void* buffer, uint32_t length,
                                   uint32_t* need);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_CLASS_WRITER_H_
