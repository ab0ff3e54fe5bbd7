# SPDX-FileCopyrightText: winsock-nsp contributors
# SPDX-License-Identifier: MIT
# The build with MSVC on Windows (npm run build:native): the addon, and the provider DLL of the same
# architecture. The source lists equal native/sources.cmake, which a test asserts. `npm install`
# never runs this: package.json says "gypfile": false.
{
  'variables': {
    'common_sources': [
      'native/common/control_writer.cc',
      'native/common/file_checks.cc',
      'native/common/frame_check.cc',
      'native/common/query_set.cc',
    ],
    'provider_sources': [
      'native/provider/apc_queue.cc',
      'native/provider/completion.cc',
      'native/provider/connection.cc',
      'native/provider/connection_read.cc',
      'native/provider/connection_write.cc',
      'native/provider/control_view.cc',
      'native/provider/counter_sample.cc',
      'native/provider/dll_main.cc',
      'native/provider/filter.cc',
      'native/provider/guarded_copy.cc',
      'native/provider/host_pipe.cc',
      'native/provider/lookup.cc',
      'native/provider/lookup_host.cc',
      'native/provider/lookup_ioctl.cc',
      'native/provider/lookup_table.cc',
      'native/provider/nsp_entry.cc',
      'native/provider/pending_request.cc',
      'native/provider/provider.cc',
      'native/provider/query.cc',
      'native/provider/reply.cc',
      'native/provider/result_writer.cc',
      'native/provider/reverse_name.cc',
      'native/provider/startup.cc',
      'native/provider/test_counters.cc',
      'native/provider/watcher.cc',
    ],
    'addon_sources': [
      'native/addon/addon.cc',
      'native/addon/addon_data.cc',
      'native/addon/call_table.cc',
      'native/addon/catalog.cc',
      'native/addon/catalog_registry.cc',
      'native/addon/catalog_watch.cc',
      'native/addon/client_identity.cc',
      'native/addon/connection.cc',
      'native/addon/control_lease.cc',
      'native/addon/descriptor_fault.cc',
      'native/addon/event_queue.cc',
      'native/addon/files.cc',
      'native/addon/js_catalog.cc',
      'native/addon/js_convert.cc',
      'native/addon/js_error.cc',
      'native/addon/js_event.cc',
      'native/addon/js_files.cc',
      'native/addon/js_filter.cc',
      'native/addon/pipe_server.cc',
      'native/addon/pipe_server_frames.cc',
      'native/addon/pipe_server_io.cc',
      'native/addon/security.cc',
      'native/addon/server_object.cc',
      'native/addon/service.cc',
      'native/addon/sidecar_codec.cc',
      'native/addon/subscription.cc',
      'native/addon/text.cc',
    ],
  },
  'target_defaults': {
    'include_dirs': ['.', 'native', 'native/common'],
    'defines': [
      'UNICODE',
      '_UNICODE',
      'WIN32_LEAN_AND_MEAN',
      'NOMINMAX',
      'NTDDI_VERSION=0x0A000000',
      'NSP_VERSION_MAJOR=<!(node -p "require(\'./package.json\').version.split(/[.-]/)[0]")',
      'NSP_VERSION_MINOR=<!(node -p "require(\'./package.json\').version.split(/[.-]/)[1]")',
      'NSP_VERSION_PATCH=<!(node -p "require(\'./package.json\').version.split(/[.-]/)[2]")',
    ],
    'defines!': ['_WIN32_WINNT=0x0602', '_HAS_EXCEPTIONS=0'],
    'configurations': {
      # The static runtime: a DLL that lives in other people's processes brings nothing along.
      'Release': {'msvs_settings': {'VCCLCompilerTool': {'RuntimeLibrary': 0}}},
      'Debug': {'msvs_settings': {'VCCLCompilerTool': {'RuntimeLibrary': 1}}},
    },
    'msvs_settings': {
      'VCCLCompilerTool': {
        'WarningLevel': 4,
        'WarnAsError': 'true',
        'AdditionalOptions': [
          '/std:c++20', '/permissive-', '/utf-8', '/guard:cf', '/sdl',
          '/external:anglebrackets', '/external:W0',
        ],
      },
      'VCLinkerTool': {
        'AdditionalOptions': ['/guard:cf', '/DYNAMICBASE', '/NXCOMPAT'],
      },
    },
  },
  'targets': [
    {
      'target_name': 'addon',
      'product_name': 'winsock-nsp',
      'sources': ['<@(common_sources)', '<@(addon_sources)'],
      'dependencies': ['<!(node -p "require(\'node-addon-api\').targets"):node_addon_api_except'],
      'defines': ['NAPI_VERSION=9'],
      'libraries': ['ws2_32.lib', 'advapi32.lib'],
    },
    {
      'target_name': 'provider',
      'type': 'shared_library',
      'product_name': 'winsock-nsp',
      'product_extension': 'dll',
      'win_delay_load_hook': 'false',
      'sources': ['<@(common_sources)', '<@(provider_sources)', 'native/provider/provider.rc'],
      'libraries': ['advapi32.lib'],
      'msvs_settings': {
        'VCCLCompilerTool': {
          'ExceptionHandling': 0,
          'RuntimeTypeInfo': 'false',
          'AdditionalOptions': ['/Zc:threadSafeInit-'],
        },
        'VCLinkerTool': {
          'ModuleDefinitionFile': '<(module_root_dir)/native/provider/provider.def',
          # Both products are called winsock-nsp; what lies beside them must not be.
          'ImportLibrary': '$(OutDir)provider.lib',
          'ProgramDatabaseFile': '$(OutDir)provider.pdb',
        },
      },
    },
    {
      'target_name': 'package',
      'type': 'none',
      'dependencies': ['addon', 'provider'],
      'copies': [
        {
          'destination': '<(module_root_dir)/prebuilds/win32-<(target_arch)',
          'files': ['<(PRODUCT_DIR)/winsock-nsp.node', '<(PRODUCT_DIR)/winsock-nsp.dll'],
        },
      ],
    },
  ],
}
