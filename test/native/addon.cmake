# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# Tests of the addon's parts that need no Node, and the raw pipe client of test/lifecycle/addon-*.
set(addon ${CMAKE_SOURCE_DIR}/native/addon)

function(nsp_addon_test name)
  nsp_native_test(${name} ${ARGN})
  target_include_directories(${name} PRIVATE ${addon})
  target_link_libraries(${name} PRIVATE advapi32)
endfunction()

nsp_addon_test(addon_frame_check_test ${common}/frame_check.cc ${common}/class_info.cc ${common}/query_set.cc)
nsp_addon_test(addon_control_writer_test ${common}/control_writer.cc)
nsp_addon_test(addon_data_writer_test ${common}/data_writer.cc)
nsp_addon_test(addon_data_store_test
  ${addon}/data_files.cc ${addon}/data_store.cc ${addon}/owner_table.cc
  ${common}/control_writer.cc ${common}/data_writer.cc)
nsp_addon_test(addon_call_table_test ${addon}/call_table.cc ${addon}/subscription.cc)
nsp_addon_test(addon_client_query_test ${addon}/client_query.cc)
nsp_addon_test(addon_descriptor_fault_test ${addon}/descriptor_fault.cc ${addon}/text.cc)
nsp_addon_test(addon_control_lease_test
  ${addon}/control_lease.cc ${addon}/descriptor_fault.cc ${addon}/security.cc ${addon}/text.cc
  ${common}/control_writer.cc ${common}/file_checks.cc)

add_executable(addon_pipe_client addon_pipe_client.cc)
nsp_native_settings(addon_pipe_client)
target_link_libraries(addon_pipe_client PRIVATE advapi32)
