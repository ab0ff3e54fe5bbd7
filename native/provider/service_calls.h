// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Registrations and service classes: the entry points that belong to no lookup handle. All pointers
// are the client's. Each returns 0 or the code of the failure.
#ifndef WINSOCK_NSP_PROVIDER_SERVICE_CALLS_H_
#define WINSOCK_NSP_PROVIDER_SERVICE_CALLS_H_

#include <cstdint>

#include "windows_headers.h"

namespace nsp {

// NSPSetService. The checks in their order: WSAEINVAL (NULL, unknown operation), WSAEFAULT (size,
// memory), WSAEINVALIDPROVIDER, WSAENETDOWN (no host was ever here), WSAEOPNOTSUPP (it registers
// nothing), WSASERVICE_NOT_FOUND (not our name); then the host is asked.
[[nodiscard]] DWORD SetService(const void* id, const void* service, uint32_t operation,
                               DWORD flags);

// NSPInstallServiceClass, NSPRemoveServiceClass: likewise, without names.
[[nodiscard]] DWORD InstallServiceClass(const void* id, const void* info);
[[nodiscard]] DWORD RemoveServiceClass(const void* id, const void* service_class);

// NSPGetServiceClassInfo: the class that `info` names when it comes in; `length` is the size of
// that buffer, and with WSAEFAULT the size needed.
[[nodiscard]] DWORD GetServiceClassInfo(const void* id, void* length, void* info);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_SERVICE_CALLS_H_
