# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# Makes the interface target `node_api`: the headers of Node-API and delay-loading import libraries,
# so that the addon also loads in a host that isn't called node.exe.
set(node_modules ${CMAKE_SOURCE_DIR}/node_modules)
set(node_api_headers ${node_modules}/node-api-headers)
set(node_addon_api ${node_modules}/node-addon-api)
foreach(needed ${node_api_headers}/include/node_api.h ${node_addon_api}/napi.h)
  if(NOT EXISTS ${needed})
    message(FATAL_ERROR "${needed} is missing: run npm ci")
  endif()
endforeach()

add_library(node_api INTERFACE)
target_include_directories(node_api SYSTEM INTERFACE ${node_api_headers}/include ${node_addon_api})
if(MSVC)
  # One .def for the librarian: delay loading is the linker's matter there.
  set(libraries delayimp)
  foreach(name node_api js_native_api)
    set(archive ${CMAKE_CURRENT_BINARY_DIR}/${name}.lib)
    execute_process(COMMAND ${CMAKE_AR} /nologo /def:${node_api_headers}/def/${name}.def
      /name:node.exe /out:${archive} ${CMAKE_STATIC_LINKER_FLAGS} COMMAND_ERROR_IS_FATAL ANY)
    list(APPEND libraries ${archive})
  endforeach()
  target_link_libraries(node_api INTERFACE ${libraries})
  target_link_options(node_api INTERFACE /DELAYLOAD:node.exe)
  return()
endif()
foreach(name node_api js_native_api)
  set(archive ${CMAKE_CURRENT_BINARY_DIR}/lib${name}.a)
  add_custom_command(OUTPUT ${archive}
    COMMAND ${CMAKE_DLLTOOL} -d ${node_api_headers}/def/${name}.def --output-delaylib ${archive} --dllname node.exe
    DEPENDS ${node_api_headers}/def/${name}.def VERBATIM)
  list(APPEND archives ${archive})
endforeach()
add_custom_target(node_api_archives DEPENDS ${archives})
add_dependencies(node_api node_api_archives)
target_link_libraries(node_api INTERFACE ${archives} delayimp)
