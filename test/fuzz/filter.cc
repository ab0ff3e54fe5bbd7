// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Questions to a filter that passed the check: no pattern, class, block or code reads outside it,
// and the verdict is that of a second, plain reading of the rules.
#include "filter.h"

#include <memory>
#include <string>
#include <string_view>

#include "file_checks.h"
#include "filters.h"
#include "reverse_name.h"

namespace {

using fuzz::Exact;
using fuzz::Tape;

std::u16string_view Text(const uint16_t* units, size_t count) {
  return {reinterpret_cast<const char16_t*>(units), count};
}

bool PatternOwns(const nsp::ControlFilter& filter, const nsp::ControlPattern& pattern,
                 std::u16string_view key) {
  const std::u16string_view text = Text(filter.pool + pattern.offset, pattern.length);
  if (pattern.kind == nsp::kPatternAll) return true;
  if (pattern.kind == nsp::kPatternExact) return key == text;
  const std::u16string dotted = u"." + std::u16string(text);
  return key.size() > dotted.size() && key.ends_with(dotted);
}

bool NameOwned(const nsp::ControlFilter& filter, const nsp::FilterQuestion& question) {
  const std::u16string_view key = Text(question.key, question.key_units);
  const uint32_t bit = 1u << question.entry;
  for (uint32_t i = 0; i < filter.pattern_count; ++i) {
    const nsp::ControlPattern& pattern = filter.patterns[i];
    if ((pattern.entries & bit) != 0 && PatternOwns(filter, pattern, key)) return true;
  }
  nsp::ReverseAddress address;
  if (!nsp::ParseReverseName(question.key, question.key_units, &address)) return false;
  for (uint32_t i = 0; i < filter.block_count; ++i) {
    if ((filter.blocks[i].entries & bit) == 0) continue;
    if (nsp::InBlock(address, filter.blocks[i])) return true;
  }
  return false;
}

bool Owned(const nsp::ControlFilter& filter, const nsp::FilterQuestion& question) {
  if (question.entry >= filter.entry_count) return false;
  const nsp::ControlEntry& entry = filter.entries[question.entry];
  const bool named = question.names_us || question.name_space == entry.name_space;
  if (!named && (question.name_space != 0 || (entry.flags & nsp::kEntryOwnsByDefault) != 0)) {
    return false;
  }
  if ((entry.flags & nsp::kEntryHasClasses) != 0 && question.service_class != nullptr) {
    bool found = false;
    for (uint32_t i = 0; i < filter.class_count; ++i) {
      const nsp::ControlClass& owned = filter.classes[i];
      found = found || (((owned.entries >> question.entry) & 1) != 0 &&
                        std::equal(owned.id, owned.id + 16, question.service_class));
    }
    if (!found) return false;
  }
  return question.has_name ? NameOwned(filter, question) : entry.name_space != 12;
}

// A name as a caller writes it: of the filter's pool, of the tape, or an address.
std::vector<uint16_t> MakeName(Tape* tape, const nsp::ControlFilter& filter) {
  std::vector<uint16_t> name;
  const uint8_t how = tape->Chance() ? 8 : tape->Byte();
  if ((how & 1) != 0) {
    for (uint32_t i = tape->Below(16); i != 0; --i)
      name.push_back(tape->Byte());
  }
  if ((how & 2) != 0) name.push_back('.');
  if ((how & 4) != 0 && filter.pattern_count != 0) {
    const nsp::ControlPattern& pattern = filter.patterns[tape->Byte() % filter.pattern_count];
    const uint16_t* text = filter.pool + pattern.offset;
    name.insert(name.end(), text, text + pattern.length);
  }
  if ((how & 8) != 0) {
    const std::string_view known[] = {"10.1.0.7", "4.3.2.10.in-addr.arpa", ".ip6.arpa", "COM."};
    for (char unit : known[tape->Below(4)])
      name.push_back(static_cast<uint16_t>(unit));
  }
  return name;
}

void Ask(Tape* tape, const nsp::ControlFilter& filter) {
  const std::vector<uint16_t> name = MakeName(tape, filter);
  const Exact key_bytes(name.size() * 2);
  auto* key = reinterpret_cast<uint16_t*>(key_bytes.data());
  const uint8_t service_class[16] = {static_cast<uint8_t>(tape->Below(4))};
  const uint8_t how = tape->Byte();
  nsp::FilterQuestion question;
  question.entry = tape->Byte() % (filter.entry_count + 1);
  question.name_space = tape->Chance() ? 0 : tape->Byte();
  if (tape->Chance()) question.name_space = filter.entries[0].name_space;
  question.names_us = (how & 1) != 0;
  question.has_name = (how & 2) != 0;
  question.key = key;
  question.key_units =
      nsp::MakeKey(name.data(), static_cast<uint32_t>(name.size()), key, &question.name_is_key);
  question.service_class = (how & 4) != 0 ? service_class : nullptr;
  REQUIRE(question.key_units <= name.size() && question.key_units + 1 >= name.size());
  for (uint32_t i = 0; i < question.key_units; ++i)
    REQUIRE(key[i] < 'A' || key[i] > 'Z');
  REQUIRE(nsp::OwnsQuery(filter, question) == Owned(filter, question));
  const uint32_t code = tape->Byte();
  const uint32_t* end = filter.codes + filter.code_count;
  REQUIRE(nsp::DeclaresCode(filter, code) == (std::find(filter.codes, end, code) != end));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Used again for each input, which overwrites all of it. Its pool is the last of it: one unit too
  // many is noticed.
  static const auto filter = std::make_unique<nsp::ControlFilter>();
  Tape tape(data, size);
  fuzz::MakeFilter(&tape, filter.get());
  if (!nsp::CheckControlFilter(*filter)) return 0;
  Ask(&tape, *filter);
  Ask(&tape, *filter);
  return 0;
}
