// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The filter of a control file made from a tape: within its bounds, and then with words of it
// changed.
#ifndef WINSOCK_NSP_TEST_FUZZ_FILTERS_H_
#define WINSOCK_NSP_TEST_FUZZ_FILTERS_H_

#include <string_view>

#include "control_file.h"
#include "tape.h"

namespace fuzz {

inline void MakePipeName(Tape* tape, nsp::ControlFilter* filter) {
  const std::string_view prefix = "\\\\.\\pipe\\";
  size_t at = 0;
  for (char unit : prefix)
    filter->pipe_name[at++] = static_cast<uint16_t>(unit);
  for (uint32_t rest = tape->Length(120); rest != 0 && at < 128; --rest)
    filter->pipe_name[at++] = tape->Byte() | 1;
}

inline void MakePatterns(Tape* tape, nsp::ControlFilter* filter) {
  // Half of the pools are full: a pattern behind their end lies outside the filter.
  filter->pool_chars =
      tape->Chance() ? nsp::kPatternPoolChars : tape->Length(nsp::kPatternPoolChars);
  const uint32_t begin = filter->pool_chars / 64 * 64;
  for (uint32_t i = tape->Below(64); i != 0; --i) {
    filter->pool[i] = tape->Byte();
    if (begin != 0) filter->pool[begin - i] = filter->pool[i];
  }
  filter->pattern_count = tape->Length(nsp::kMaxPatterns);
  for (uint32_t i = 0; i < filter->pattern_count && i < nsp::kMaxPatterns && tape->left() != 0;
       ++i) {
    nsp::ControlPattern& pattern = filter->patterns[i];
    pattern.kind = static_cast<uint16_t>(tape->Below(nsp::kPatternAll + 2));
    pattern.entries = tape->Take<uint16_t>();
    // Beyond the pool now and then; in half of the cases counted from its end.
    const uint32_t offset = tape->Byte() % (filter->pool_chars + 2);
    pattern.offset = static_cast<uint16_t>(tape->Chance() ? filter->pool_chars - offset : offset);
    pattern.length = tape->Byte();
  }
}

inline void MakeBlocks(Tape* tape, nsp::ControlFilter* filter) {
  filter->block_count = tape->Length(nsp::kMaxBlocks);
  for (uint32_t i = 0; i < filter->block_count && i < nsp::kMaxBlocks; ++i) {
    nsp::ControlBlock& block = filter->blocks[i];
    block.family = tape->Chance() ? 4 : 6;
    block.prefix = static_cast<uint8_t>(tape->Below(block.family == 4 ? 34 : 130));
    block.entries = tape->Take<uint16_t>();
    block.address[0] = tape->Chance() ? 10 : tape->Byte();
    block.address[15] = tape->Byte();
  }
}

// `filter` is overwritten completely.
inline void MakeFilter(Tape* tape, nsp::ControlFilter* filter) {
  std::memset(filter, 0, sizeof(*filter));
  const uint8_t parts = tape->Byte();
  filter->epoch = parts;
  filter->entry_count = (parts & 1) != 0 ? tape->Length(nsp::kMaxEntries) : 1;
  for (uint32_t i = 0; i < filter->entry_count && i < nsp::kMaxEntries; ++i)
    filter->entries[i].flags = tape->Byte();
  if ((parts & 2) == 0) MakePipeName(tape, filter);
  filter->entries[0].name_space = (parts & 4) != 0 ? 12 : tape->Byte();
  if ((parts & 8) != 0) MakePatterns(tape, filter);
  if ((parts & 16) != 0) MakeBlocks(tape, filter);
  if ((parts & 32) != 0) {
    filter->class_count = tape->Length(nsp::kMaxClasses);
    for (uint32_t i = 0; i < filter->class_count && i < nsp::kMaxClasses; ++i) {
      filter->classes[i].entries = tape->Byte();
      filter->classes[i].id[0] = static_cast<uint8_t>(tape->Below(4));
    }
  }
  if ((parts & 64) != 0) {
    filter->code_count = tape->Length(nsp::kMaxCodes);
    for (uint32_t i = 0; i < filter->code_count && i < nsp::kMaxCodes; ++i)
      filter->codes[i] = tape->Byte();
  }
  if ((parts & 128) != 0) tape->Lie(reinterpret_cast<uint8_t*>(filter), sizeof(*filter));
}

}  // namespace fuzz

#endif  // WINSOCK_NSP_TEST_FUZZ_FILTERS_H_
