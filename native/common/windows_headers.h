// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The Windows SDK in the one order that compiles: winsock2.h before windows.h.
#ifndef WINSOCK_NSP_COMMON_WINDOWS_HEADERS_H_
#define WINSOCK_NSP_COMMON_WINDOWS_HEADERS_H_

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <winsock2.h>
#include <ws2spi.h>
#include <windows.h>

// What a caller must not be compiled together with.
#if defined(_MSC_VER)
#define NSP_NOINLINE __declspec(noinline)
#else
#define NSP_NOINLINE __attribute__((noinline))
#endif

#endif  // WINSOCK_NSP_COMMON_WINDOWS_HEADERS_H_
