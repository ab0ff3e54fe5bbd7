# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# Takes the version from package.json, its only place, as three numbers: provider.rc needs them so,
# and numbers pass every compiler's quoting.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/package.json)
file(READ ${CMAKE_SOURCE_DIR}/package.json package_json)
string(JSON package_version GET "${package_json}" version)
string(REGEX MATCH "^([0-9]+)\\.([0-9]+)\\.([0-9]+)" matched "${package_version}")
set(NSP_VERSION_DEFINITIONS
  NSP_VERSION_MAJOR=${CMAKE_MATCH_1} NSP_VERSION_MINOR=${CMAKE_MATCH_2} NSP_VERSION_PATCH=${CMAKE_MATCH_3})
