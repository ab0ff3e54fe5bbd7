# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# The addon of the Node host's `self` verb, of Node's own architecture.
if(TARGET node_api)
  add_library(self_call MODULE self_call.cc)
  target_compile_features(self_call PRIVATE cxx_std_20)
  nsp_compile_options(self_call -Wall -Wextra -Werror)
  target_compile_definitions(self_call PRIVATE NAPI_VERSION=9 NOMINMAX WIN32_LEAN_AND_MEAN _WIN32_WINNT=0x0A00)
  nsp_link_options(self_call -static)
  target_link_libraries(self_call PRIVATE node_api ws2_32)
  set_target_properties(self_call PROPERTIES PREFIX "" OUTPUT_NAME self-call SUFFIX .node)
  nsp_output(self_call ${WINSOCK_NSP_TEST_OUTPUT})
endif()
