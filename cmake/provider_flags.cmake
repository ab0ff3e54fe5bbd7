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
  # Small rather than fast: it lies in every process, and what it waits for is not its own code.
  set(NSP_FREESTANDING
    -Os -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections)
  # What waits for nothing (native/CMakeLists.txt's NSP_HOT) is fast rather than small. Functions are
  # not aligned, which costs more room than it gains time; what is zeroed here is short, and rep stos
  # takes longer to begin than a few moves to end.
  set(NSP_FAST
    -O2 -falign-functions=1 -falign-jumps=1 -falign-loops=1 -falign-labels=1
    -mmemset-strategy=vector_loop:512:noalign,libcall:-1:noalign)
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
