// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Heads and filters of control files, and sidecars: what passes the checks has every count, offset
// and text within its bounds, by a second reading of the layout.
#include "file_checks.h"

#include <memory>

#include "filters.h"

namespace {

using fuzz::Tape;

void UseFilter(const nsp::ControlFilter& filter) {
  REQUIRE(filter.entry_count >= 1 && filter.entry_count <= 16);
  REQUIRE(filter.pattern_count <= 256 && filter.block_count <= 64 && filter.class_count <= 64);
  REQUIRE(filter.code_count <= 64 && filter.js_thread_count <= 16 && filter.pool_chars <= 8192);
  for (uint32_t i = 0; i < filter.pattern_count; ++i) {
    const nsp::ControlPattern& pattern = filter.patterns[i];
    REQUIRE(uint64_t{pattern.offset} + pattern.length <= filter.pool_chars);
    REQUIRE(pattern.kind <= 2);
  }
  for (uint32_t i = 0; i < filter.block_count; ++i) {
    const nsp::ControlBlock& block = filter.blocks[i];
    REQUIRE(block.family == 4 ? block.prefix <= 32 : block.family == 6 && block.prefix <= 128);
  }
  // "\\.\pipe\", a name, its terminator.
  const uint16_t* name = filter.pipe_name;
  REQUIRE(name[0] == '\\' && name[1] == '\\' && name[2] == '.' && name[3] == '\\');
  REQUIRE(name[4] == 'p' && name[8] == '\\' && name[9] != 0);
  const uint16_t* end = std::find(name, std::end(filter.pipe_name), 0);
  REQUIRE(end != std::end(filter.pipe_name) && std::find(name + 9, end, '\\') == end);
}

void UseSidecar(const nsp::Sidecar& sidecar, size_t bytes) {
  REQUIRE(bytes == sizeof(sidecar) && sidecar.bytes == bytes);
  REQUIRE(sidecar.guid_count >= 1 && sidecar.guid_count <= 16);
  // At most 15 sub-authorities, all of them inside the array.
  REQUIRE(sidecar.host_sid[1] <= 15 && 8u + sidecar.host_sid[1] * 4 == sidecar.sid_bytes);
  REQUIRE(sidecar.sid_bytes <= sizeof(sidecar.host_sid));
  const uint16_t* end = std::find(sidecar.control_path, std::end(sidecar.control_path), 0);
  REQUIRE(end != std::end(sidecar.control_path) && end != sidecar.control_path);
}

void Filter(Tape* tape) {
  // Used again for each input, which overwrites all of it.
  static const auto filter = std::make_unique<nsp::ControlFilter>();
  fuzz::MakeFilter(tape, filter.get());
  if (nsp::CheckControlFilter(*filter)) UseFilter(*filter);
}

void Sidecar(Tape* tape) {
  nsp::Sidecar sidecar = {};
  sidecar.magic = nsp::kSidecarMagic;
  sidecar.version = nsp::kSidecarVersion;
  sidecar.bytes = sizeof(sidecar);
  sidecar.guid_count = tape->Below(nsp::kMaxEntries + 3);
  sidecar.host_sid[0] = tape->Below(3);
  sidecar.host_sid[1] = tape->Byte();
  sidecar.sid_bytes = tape->Chance() ? 8u + 4u * sidecar.host_sid[1] : tape->Byte();
  uint32_t length = tape->Length(nsp::kMaxPathChars);
  for (uint32_t i = 0; i < length && i < nsp::kMaxPathChars; ++i)
    sidecar.control_path[i] = tape->Byte() | 1;
  tape->Lie(reinterpret_cast<uint8_t*>(&sidecar), sizeof(sidecar));
  const size_t bytes = tape->Chance() ? tape->Take<uint16_t>() : sizeof(sidecar);
  if (nsp::CheckSidecar(sidecar, bytes)) UseSidecar(sidecar, bytes);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Tape tape(data, size);
  switch (tape.Below(3)) {
    case 0: {
      const auto magic = tape.Take<uint32_t>();
      const auto version = tape.Take<uint32_t>();
      const auto bytes = tape.Take<uint32_t>();
      const bool good = magic == 0x4350534e && version == 1 && bytes == 65536;
      REQUIRE(nsp::CheckControlHead(magic, version, bytes) == good);
      break;
    }
    case 1:
      Filter(&tape);
      break;
    default:
      Sidecar(&tape);
  }
  return 0;
}
