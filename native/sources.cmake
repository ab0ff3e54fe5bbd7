# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# The one list of what goes into the binaries, one file a line, paths from this folder. Add a new
# .cc here and in binding.gyp: a test compares both lists with each other and with the folders.
set(COMMON_SOURCES
  common/file_checks.cc
  common/query_set.cc
)

set(PROVIDER_SOURCES
  provider/apc_queue.cc
  provider/completion.cc
  provider/connection.cc
  provider/connection_read.cc
  provider/control_view.cc
  provider/counter_sample.cc
  provider/dll_main.cc
  provider/filter.cc
  provider/guarded_copy.cc
  provider/host_pipe.cc
  provider/lookup.cc
  provider/lookup_host.cc
  provider/lookup_ioctl.cc
  provider/lookup_table.cc
  provider/nsp_entry.cc
  provider/pending_request.cc
  provider/provider.cc
  provider/query.cc
  provider/result_writer.cc
  provider/reverse_name.cc
  provider/startup.cc
  provider/test_counters.cc
  provider/watcher.cc
)

set(ADDON_SOURCES
)
