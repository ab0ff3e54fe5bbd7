# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# Builds for Windows on x86 with Debian's MinGW-w64. The posix threads variant, because the win32
# variant has no std::thread, which the addon and the test programs use.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86)

set(WINSOCK_NSP_TRIPLE i686-w64-mingw32)
set(CMAKE_C_COMPILER ${WINSOCK_NSP_TRIPLE}-gcc-posix)
set(CMAKE_CXX_COMPILER ${WINSOCK_NSP_TRIPLE}-g++-posix)
set(CMAKE_RC_COMPILER ${WINSOCK_NSP_TRIPLE}-windres)
set(CMAKE_DLLTOOL ${WINSOCK_NSP_TRIPLE}-dlltool)

set(CMAKE_FIND_ROOT_PATH /usr/${WINSOCK_NSP_TRIPLE})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
