# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# What of the rig real Windows needs: the strangers' providers, which any ws2_32 loads. The ws2_32
# itself, its stand-ins and its tools are for Wine alone.
foreach(name plain probe)
  add_library(rig_${name} SHARED ${CMAKE_CURRENT_LIST_DIR}/${name}.cc ${CMAKE_CURRENT_LIST_DIR}/nsp.def)
  nsp_compile_options(rig_${name})
  target_compile_definitions(rig_${name} PRIVATE UNICODE _UNICODE _WIN32_WINNT=0x0A00
    WIN32_LEAN_AND_MEAN NOMINMAX)
  set_target_properties(rig_${name} PROPERTIES OUTPUT_NAME ${name})
  nsp_output(rig_${name} ${WINSOCK_NSP_TEST_OUTPUT})
  target_link_libraries(rig_${name} PRIVATE ws2_32)
endforeach()
