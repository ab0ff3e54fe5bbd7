// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The Windows headers in the one order that works.
#pragma once

// clang-format off: winsock2.h has to precede windows.h.
#include <winsock2.h>
#include <ws2spi.h>
#include <ws2tcpip.h>
#include <windows.h>
// clang-format on
