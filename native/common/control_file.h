// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Layout of the control file, which a host writes and every client process maps read-only. Its size
// never changes; nothing in it is believed before it is checked (read_control_filter).
#ifndef WINSOCK_NSP_COMMON_CONTROL_FILE_H_
#define WINSOCK_NSP_COMMON_CONTROL_FILE_H_

#include <cstddef>
#include <cstdint>

#include "constants.h"

namespace nsp {

struct ControlEntry {
  uint8_t id[16];
  uint32_t name_space;
  uint32_t flags;  // kEntry...
};

struct ControlPattern {
  uint16_t kind;     // kPattern...
  uint16_t entries;  // bit i: counts for entry i
  uint16_t offset;   // into pool, in UTF-16 units
  uint16_t length;   // in UTF-16 units; lower case, no leading dot, no "*."
};

struct ControlBlock {
  uint8_t address[16];  // IPv4 in the first 4 bytes
  uint8_t family;       // 4 or 6
  uint8_t prefix;       // bits
  uint16_t entries;
};

struct ControlClass {
  uint8_t id[16];
  uint32_t entries;
};

// What `serve` writes at each start, under `sequence`.
struct ControlFilter {
  uint32_t epoch;       // rises at each host start
  uint32_t host_flags;  // kHostAsksStillValid, kHostRegisters, kHostStoresClasses
  uint32_t host_pid;
  uint32_t grace_ms;
  uint64_t host_start_time;  // FILETIME of the host process
  uint32_t lookup_deadline_ms;
  uint32_t ioctl_deadline_ms;
  uint32_t register_deadline_ms;
  uint32_t breaker_failures;
  uint32_t breaker_probe_ms;
  uint32_t wire_min;
  uint32_t wire_max;
  uint32_t js_thread_count;
  uint32_t js_threads[kMaxJsThreads];
  uint32_t host_wait_limit;  // calls that may wait at once in the host's own process
  uint32_t reserved;         // 0
  uint8_t revision[32];      // SHA-256 of the revision string; zero if none
  uint16_t pipe_name[128];   // \\.\pipe\..., zero-terminated
  uint32_t entry_count;
  uint32_t pattern_count;
  uint32_t block_count;
  uint32_t class_count;
  uint32_t code_count;
  uint32_t pool_chars;
  ControlEntry entries[kMaxEntries];
  ControlPattern patterns[kMaxPatterns];
  ControlBlock blocks[kMaxBlocks];
  ControlClass classes[kMaxClasses];
  uint32_t codes[kMaxCodes];
  uint16_t pool[kPatternPoolChars];
};

struct ControlFile {
  uint32_t magic;     // kControlMagic
  uint32_t version;   // kControlVersion
  uint32_t bytes;     // kControlBytes
  uint32_t flags;     // kControlRetired; set by uninstall, cleared by install, outside the sequence
  uint32_t sequence;  // odd while `filter` is being written
  uint32_t data_file;  // number of the current data file, 0: none; atomic, outside the sequence
  ControlFilter filter;
  uint32_t counters[kCounterCount];  // each changes by one atomic increment, never goes back
};

static_assert(sizeof(ControlFile) <= kControlBytes);
static_assert(offsetof(ControlFile, filter) == 24);
static_assert(offsetof(ControlFile, counters) % 4 == 0);

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_CONTROL_FILE_H_
