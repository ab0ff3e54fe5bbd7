// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Numbers that C++ and TypeScript share. native/common/constants.inc is their source; a test compares the two.
export const WIRE_VERSION = 1
export const FRAME_HEADER_BYTES = 16
export const MAX_FRAME_BYTES = 1048576
export const BATCH_TARGET_BYTES = 65536

// Frame kinds, client to host.
export const FRAME_HELLO = 1
export const FRAME_NEXT = 2
export const FRAME_IOCTL = 3
export const FRAME_STILL_VALID = 4
export const FRAME_SUBSCRIBE = 5
export const FRAME_END = 6
export const FRAME_CANCEL = 7
export const FRAME_SET_SERVICE = 8
export const FRAME_INSTALL_CLASS = 9
export const FRAME_REMOVE_CLASS = 10
export const FRAME_CLASS_INFO = 11

// Frame kinds, host to client.
export const FRAME_BATCH = 129
export const FRAME_REPLY = 130
export const FRAME_CHANGE = 131

// FrameHeader.flags
export const FRAME_HAS_QUERY = 1
export const FRAME_HAS_ENDS = 2
export const FRAME_BREAKER_OPENED = 4
export const FRAME_LAST_BATCH = 1
export const MAX_DEFERRED_ENDS = 32

// QuerySetHead.present
export const HAS_NAME = 1
export const HAS_CLASS = 2
export const HAS_VERSION = 4
export const HAS_COMMENT = 8
export const HAS_CONTEXT = 16
export const HAS_QUERY_STRING = 32
export const HAS_BLOB = 64
export const HAS_ALIASES = 128

// QuerySetHead.blob_kind
export const BLOB_OPAQUE = 0
export const BLOB_HOSTENT = 1
export const BLOB_SERVENT = 2
export const QUERY_SET_HEAD_BYTES = 56
export const MAX_STRING_CHARS = 8192
export const MAX_BLOB_BYTES = 524288
export const MAX_PROTOCOLS = 64
export const MAX_ADDRESSES = 4096
export const MAX_SOCKADDR_BYTES = 128
export const MAX_CLASS_PROPERTIES = 256

// Control file.
export const CONTROL_MAGIC = 1129337678
export const CONTROL_VERSION = 2
export const CONTROL_BYTES = 65536
export const CONTROL_RETIRED = 1
// ControlFilter.host_flags
export const HOST_ASKS_STILL_VALID = 1
export const HOST_REGISTERS = 2
export const HOST_STORES_CLASSES = 4
// ControlEntry.flags
export const ENTRY_HIERARCHICAL = 1
export const ENTRY_OWNS_BY_DEFAULT = 2
export const ENTRY_HAS_CLASSES = 4
export const ENTRY_FEED = 8
export const MAX_ENTRIES = 16
export const MAX_PATTERNS = 256
export const MAX_BLOCKS = 64
export const MAX_CLASSES = 64
export const MAX_CODES = 64
export const MAX_JS_THREADS = 16
export const PATTERN_POOL_CHARS = 8192
export const PATTERN_EXACT = 0
export const PATTERN_SUFFIX = 1
export const PATTERN_ALL = 2

// Data files.
export const DATA_MAGIC = 1146114894
export const DATA_VERSION = 2
export const DATA_HEAD_BYTES = 64
export const MIN_DATA_BYTES = 65536
export const MAX_DATA_BYTES = 1073741824
export const DATA_NAME = 1
export const DATA_ANSWER = 2

// Counters: index spaces in the control file's counter table.
export const COUNTER_GLOBAL = 0
export const COUNTER_ANY = 1
export const COUNTER_ENTRIES = 2
export const COUNTER_CLASSES = 32
export const CLASS_BITS = 6
export const COUNTER_SUFFIXES = 96
export const SUFFIX_BUCKETS = 256
export const COUNTER_NAMES = 352
export const NAME_BUCKETS = 1024
export const COUNTER_COUNT = 1376
export const MAX_SUFFIXES = 16

// Sidecar.
export const SIDECAR_MAGIC = 1397773134
export const SIDECAR_VERSION = 1
export const MAX_SID_BYTES = 68
export const MAX_PATH_CHARS = 520
