# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# The launcher that runs Windows programs with Unix pipes as their standard streams (scripts/rig.mjs).
if(WINSOCK_NSP_ARCH STREQUAL "x64")
  add_executable(launcher ${CMAKE_CURRENT_LIST_DIR}/launcher.cc)
  target_compile_options(launcher PRIVATE -Wall -Wextra -Wconversion -Wshadow -Werror)
  target_compile_definitions(launcher PRIVATE UNICODE _UNICODE)
  target_link_options(launcher PRIVATE -static -municode)
  set_target_properties(launcher PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${WINSOCK_NSP_TEST_OUTPUT})
endif()
