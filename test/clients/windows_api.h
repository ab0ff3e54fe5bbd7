// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The Windows headers in the one order that works, and the layout that contract 1.2, 2.3, 3.1 and
// 3.3 demand, checked by the compiler of each client.
#pragma once

// clang-format off: winsock2.h has to precede windows.h, and tlhelp32.h to follow it.
#include <winsock2.h>
#include <ws2spi.h>
#include <ws2tcpip.h>
#include <nspapi.h>
#include <sporder.h>
#include <windows.h>
#include <tlhelp32.h>
// clang-format on

#include <cstddef>

namespace client {

inline constexpr bool kIs64 = sizeof(void*) == 8;
inline constexpr const char* kArch = kIs64 ? "x64" : "x86";

static_assert(sizeof(WSAQUERYSETW) == (kIs64 ? 120 : 60));
static_assert(sizeof(WSAQUERYSETA) == sizeof(WSAQUERYSETW));
static_assert(offsetof(WSAQUERYSETW, lpcsaBuffer) == (kIs64 ? 96 : 48));
static_assert(offsetof(WSAQUERYSETW, lpBlob) == (kIs64 ? 112 : 56));
static_assert(sizeof(CSADDR_INFO) == (kIs64 ? 40 : 24));
static_assert(sizeof(WSACOMPLETION) == (kIs64 ? 32 : 16));
static_assert(sizeof(NSP_ROUTINE) == (kIs64 ? 88 : 48));
static_assert(offsetof(NSP_ROUTINE, NSPIoctl) == (kIs64 ? 80 : 44));
static_assert(sizeof(WSATHREADID) == (kIs64 ? 16 : 8));

}  // namespace client
