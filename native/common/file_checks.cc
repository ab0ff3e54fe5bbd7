// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See file_checks.h.
#include "file_checks.h"

#include <iterator>

namespace nsp {
namespace {

// Units before the terminator, or `limit` if there is none.
size_t TextLength(const uint16_t* text, size_t limit) {
  size_t length = 0;
  while (length < limit && text[length] != 0) {
    ++length;
  }
  return length;
}

// A local pipe: the prefix, then a name without a further backslash.
bool IsLocalPipeName(const uint16_t* name, size_t limit) {
  constexpr char kPrefix[] = "\\\\.\\pipe\\";
  constexpr size_t kPrefixLength = std::size(kPrefix) - 1;
  size_t length = TextLength(name, limit);
  if (length == limit || length <= kPrefixLength) {
    return false;
  }
  for (size_t i = 0; i < length; ++i) {
    if (i < kPrefixLength ? name[i] != static_cast<uint16_t>(kPrefix[i]) : name[i] == '\\') {
      return false;
    }
  }
  return true;
}

}  // namespace

bool CheckControlHead(uint32_t magic, uint32_t version, uint32_t bytes) {
  return magic == kControlMagic && version == kControlVersion && bytes == kControlBytes;
}

bool CheckControlFilter(const ControlFilter& filter) {
  if (filter.entry_count > kMaxEntries || filter.pattern_count > kMaxPatterns ||
      filter.block_count > kMaxBlocks || filter.class_count > kMaxClasses ||
      filter.code_count > kMaxCodes || filter.js_thread_count > kMaxJsThreads ||
      filter.pool_chars > kPatternPoolChars || filter.entry_count == 0) {
    return false;
  }
  for (uint32_t i = 0; i < filter.pattern_count; ++i) {
    const ControlPattern& pattern = filter.patterns[i];
    if (pattern.kind > kPatternAll || pattern.offset > filter.pool_chars ||
        pattern.length > filter.pool_chars - pattern.offset) {
      return false;
    }
  }
  for (uint32_t i = 0; i < filter.block_count; ++i) {
    const ControlBlock& block = filter.blocks[i];
    if (!(block.family == 4 && block.prefix <= 32) && !(block.family == 6 && block.prefix <= 128)) {
      return false;
    }
  }
  return IsLocalPipeName(filter.pipe_name, std::size(filter.pipe_name));
}

bool CheckSidecar(const Sidecar& sidecar, size_t bytes) {
  // A SID is its revision, the count of its sub-authorities, six bytes and four for each of them.
  return bytes == sizeof(Sidecar) && sidecar.magic == kSidecarMagic &&
         sidecar.version == kSidecarVersion && sidecar.bytes == sizeof(Sidecar) &&
         sidecar.guid_count != 0 && sidecar.guid_count <= kMaxEntries && sidecar.sid_bytes >= 8 &&
         sidecar.sid_bytes <= kMaxSidBytes && sidecar.host_sid[0] == 1 &&
         sidecar.sid_bytes == 8u + 4u * sidecar.host_sid[1] &&
         TextLength(sidecar.control_path, kMaxPathChars) < kMaxPathChars &&
         sidecar.control_path[0] != 0;
}

}  // namespace nsp
