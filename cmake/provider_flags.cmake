# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# How the provider DLL is compiled and linked; the baselines of the benchmark are built by the same.
if(MSVC)
  # As binding.gyp has them.
  set(NSP_WARNINGS /W4 /WX /permissive- /utf-8 /guard:cf /sdl /external:anglebrackets /external:W0)
  set(NSP_FREESTANDING /EHs-c- /GR- /Zc:threadSafeInit-)
  set(NSP_HARDENING /guard:cf /DYNAMICBASE /NXCOMPAT)
else()
  set(NSP_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Werror)
  # Small rather than fast: it lies in every process, and what it waits for is not its own code. The
  # exceptions are native/CMakeLists.txt's NSP_HOT.
  set(NSP_FREESTANDING
    -Os -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections)
  if(WINSOCK_NSP_ARCH STREQUAL "x86")
    # 32-bit Windows reads no unwind tables; 64-bit Windows does.
    list(APPEND NSP_FREESTANDING -fno-unwind-tables -fno-asynchronous-unwind-tables)
  endif()
  set(NSP_HARDENING -Wl,--dynamicbase,--nxcompat,--no-insert-timestamp)
  if(WINSOCK_NSP_ARCH STREQUAL "x64")
    list(APPEND NSP_HARDENING -Wl,--high-entropy-va)
  endif()
endif()

# What every source of the DLL finds its headers in.
set(NSP_COMMON_HEADERS ${CMAKE_SOURCE_DIR}/native/common)
