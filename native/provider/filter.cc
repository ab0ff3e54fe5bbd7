// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See filter.h. The filter was checked when it was copied; offsets and counts are sound here.
#include "filter.h"

#include <cstring>

#include "hash.h"
#include "reverse_name.h"
#include "short_bytes.h"

namespace nsp {
namespace {

constexpr uint32_t kNamespaceDns = 12;

bool EndsWithLabel(const uint16_t* key, uint32_t units, const uint16_t* suffix, uint32_t length) {
  return units > length + 1 && key[units - length - 1] == '.' &&
         SameBytes(key + units - length, suffix, length * sizeof(uint16_t));
}

bool PatternMatches(const ControlFilter& filter, const ControlPattern& pattern,
                    const FilterQuestion& question) {
  const uint16_t* text = filter.pool + pattern.offset;
  switch (pattern.kind) {
    case kPatternAll:
      return true;
    case kPatternSuffix:
      return EndsWithLabel(question.key, question.key_units, text, pattern.length);
    default:
      return question.key_units == pattern.length &&
             SameBytes(question.key, text, pattern.length * sizeof(uint16_t));
  }
}

bool OwnsClass(const ControlFilter& filter, const ControlEntry& entry,
               const FilterQuestion& question) {
  if ((entry.flags & kEntryHasClasses) == 0 || question.service_class == nullptr) {
    return true;
  }
  for (uint32_t i = 0; i < filter.class_count; ++i) {
    const ControlClass& owned = filter.classes[i];
    if ((owned.entries & (1u << question.entry)) != 0 &&
        std::memcmp(owned.id, question.service_class, sizeof(owned.id)) == 0) {
      return true;
    }
  }
  return false;
}

bool OwnsName(const ControlFilter& filter, const FilterQuestion& question) {
  for (uint32_t i = 0; i < filter.pattern_count; ++i) {
    const ControlPattern& pattern = filter.patterns[i];
    if ((pattern.entries & (1u << question.entry)) != 0 &&
        PatternMatches(filter, pattern, question)) {
      return true;
    }
  }
  ReverseAddress address;
  if (filter.block_count == 0 || !ParseReverseName(question.key, question.key_units, &address)) {
    return false;
  }
  for (uint32_t i = 0; i < filter.block_count; ++i) {
    const ControlBlock& block = filter.blocks[i];
    if ((block.entries & (1u << question.entry)) != 0 && InBlock(address, block)) {
      return true;
    }
  }
  return false;
}

}  // namespace

uint32_t MakeKey(const uint16_t* name, uint32_t units, uint16_t* key, bool* same) {
  uint32_t length = units > 1 && name[units - 1] == '.' ? units - 1 : units;
  uint64_t changed = units ^ length;
  const auto fold_four = [&](uint32_t i) {
    uint64_t four = 0;
    std::memcpy(&four, name + i, sizeof(four));
    const uint64_t folded = FoldFour(four);
    std::memcpy(key + i, &folded, sizeof(folded));
    changed |= four ^ folded;
  };
  uint32_t i = 0;
  for (; i + 4 <= length; i += 4) {
    fold_four(i);
  }
  if (i != length && length > 4) {
    fold_four(length - 4);  // some of them twice
    i = length;
  }
  for (; i < length; ++i) {
    key[i] = FoldCase(name[i]);
    changed |= static_cast<uint64_t>(key[i] ^ name[i]);
  }
  *same = changed == 0;
  return length;
}

bool OwnsQuery(const ControlFilter& filter, const FilterQuestion& question) {
  if (question.entry >= filter.entry_count) {
    return false;
  }
  const ControlEntry& entry = filter.entries[question.entry];
  bool named_namespace = question.names_us || question.name_space == entry.name_space;
  if (!named_namespace && question.name_space != 0) {
    return false;
  }
  // Without a written `owns` an entry answers only those who name it.
  if ((entry.flags & kEntryOwnsByDefault) != 0 && !named_namespace) {
    return false;
  }
  if (!OwnsClass(filter, entry, question)) {
    return false;
  }
  return question.has_name ? OwnsName(filter, question) : entry.name_space != kNamespaceDns;
}

bool DeclaresCode(const ControlFilter& filter, uint32_t code) {
  for (uint32_t i = 0; i < filter.code_count; ++i) {
    if (filter.codes[i] == code) {
      return true;
    }
  }
  return false;
}

}  // namespace nsp
