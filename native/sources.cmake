# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# The one list of what goes into the binaries, one file a line, paths from this folder. Add a new
# .cc here and in binding.gyp: a test compares both lists with each other and with the folders.
set(COMMON_SOURCES
)

set(PROVIDER_SOURCES
)

set(ADDON_SOURCES
)
