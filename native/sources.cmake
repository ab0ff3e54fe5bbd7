# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# The one list of what goes into the binaries, one file a line, paths from this folder. Add a new
# .cc here and in binding.gyp: a test compares both lists with each other and with the folders.
set(COMMON_SOURCES
  common/control_writer.cc
  common/file_checks.cc
  common/frame_check.cc
  common/query_set.cc
)

set(PROVIDER_SOURCES
  provider/apc_queue.cc
  provider/completion.cc
  provider/connection.cc
  provider/connection_read.cc
  provider/connection_write.cc
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
  provider/reply.cc
  provider/result_writer.cc
  provider/reverse_name.cc
  provider/startup.cc
  provider/test_counters.cc
  provider/watcher.cc
)

set(ADDON_SOURCES
  addon/addon.cc
  addon/addon_data.cc
  addon/call_table.cc
  addon/catalog.cc
  addon/catalog_registry.cc
  addon/catalog_watch.cc
  addon/client_identity.cc
  addon/connection.cc
  addon/control_lease.cc
  addon/descriptor_fault.cc
  addon/event_queue.cc
  addon/files.cc
  addon/js_catalog.cc
  addon/js_convert.cc
  addon/js_error.cc
  addon/js_event.cc
  addon/js_files.cc
  addon/js_filter.cc
  addon/pipe_server.cc
  addon/pipe_server_frames.cc
  addon/pipe_server_io.cc
  addon/security.cc
  addon/server_object.cc
  addon/service.cc
  addon/sidecar_codec.cc
  addon/subscription.cc
  addon/text.cc
)
