// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a client writes: services and service classes. Each gives 0 or the code.
#pragma once

#include <winsock2.h>
#include <windows.h>

namespace faulty {

DWORD SetService(const GUID* id, const WSAQUERYSETW* set, DWORD operation, DWORD flags);
DWORD InstallClass(const GUID* id, const WSASERVICECLASSINFOW* info);
DWORD RemoveClass(const GUID* id, const GUID* service_class);
DWORD GetClassInfo(const GUID* id, DWORD* length, WSASERVICECLASSINFOW* info);

}  // namespace faulty
