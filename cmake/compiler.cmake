# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# The two compilers that build this: MinGW here, MSVC on Windows (CMakeLists.txt). Each target gives
# its GCC options through these functions; MSVC has its own.
if(MSVC)
  # The static runtime, as binding.gyp has it.
  set(CMAKE_MSVC_RUNTIME_LIBRARY "MultiThreaded$<$<CONFIG:Debug>:Debug>")
endif()

# Warnings and what else GCC is told; of MSVC the tests ask for no more than to read the same sources.
function(nsp_compile_options target)
  if(MSVC)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:/W3 /utf-8 /permissive->)
    target_compile_definitions(${target} PRIVATE _CRT_SECURE_NO_WARNINGS _WINSOCK_DEPRECATED_NO_WARNINGS)
  else()
    target_compile_options(${target} PRIVATE ${ARGN})
  endif()
endfunction()

function(nsp_link_options target)
  if(NOT MSVC)
    target_link_options(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# Where programs and DLLs go. Visual Studio would add a folder for the configuration, except to a
# generator expression.
function(nsp_output target folder)
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY $<1:${folder}> LIBRARY_OUTPUT_DIRECTORY $<1:${folder}>)
endfunction()
