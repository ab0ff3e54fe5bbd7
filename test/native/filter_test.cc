// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Which queries are ours: names, suffixes, classes, namespaces, reverse names.
#include "filter.h"

#include <cstring>
#include <memory>

#include "check.h"
#include "hash.h"
#include "reverse_name.h"

namespace {

constexpr uint32_t kDns = 12;
constexpr uint32_t kPrivate = 1001;

// Entry 0: NS_DNS, owns host.example and *.mesh.example. Entry 1: private, owns by default.
std::unique_ptr<nsp::ControlFilter> Filter() {
  auto filter = std::make_unique<nsp::ControlFilter>();
  std::memset(filter.get(), 0, sizeof(*filter));
  filter->entry_count = 2;
  filter->entries[0].name_space = kDns;
  filter->entries[1].name_space = kPrivate;
  filter->entries[1].flags = nsp::kEntryOwnsByDefault;
  const std::u16string pool = u"host.examplemesh.example";
  for (size_t i = 0; i < pool.size(); ++i)
    filter->pool[i] = static_cast<uint16_t>(pool[i]);
  filter->pool_chars = static_cast<uint32_t>(pool.size());
  filter->patterns[0] = {nsp::kPatternExact, 1, 0, 12};
  filter->patterns[1] = {nsp::kPatternSuffix, 1, 12, 12};
  filter->patterns[2] = {nsp::kPatternAll, 2, 0, 0};
  filter->pattern_count = 3;
  return filter;
}

struct Ask {
  uint32_t entry = 0;
  uint32_t name_space = kDns;
  bool names_us = false;
  const char16_t* name = nullptr;
  const uint8_t* service_class = nullptr;
};

bool Owns(const nsp::ControlFilter& filter, const Ask& ask) {
  std::vector<uint16_t> key(64);
  nsp::FilterQuestion question;
  question.entry = ask.entry;
  question.name_space = ask.name_space;
  question.names_us = ask.names_us;
  question.service_class = ask.service_class;
  if (ask.name != nullptr) {
    std::u16string name = ask.name;
    question.has_name = true;
    question.key_units =
        nsp::MakeKey(reinterpret_cast<const uint16_t*>(name.data()),
                     static_cast<uint32_t>(name.size()), key.data(), &question.name_is_key);
    const std::u16string made(key.begin(), key.begin() + question.key_units);
    CHECK_EQUAL(question.name_is_key, made == name);
  }
  question.key = key.data();
  return nsp::OwnsQuery(filter, question);
}

bool Reverse(const char16_t* text, nsp::ReverseAddress* address) {
  std::u16string key = text;
  return nsp::ParseReverseName(reinterpret_cast<const uint16_t*>(key.data()),
                               static_cast<uint32_t>(key.size()), address);
}

}  // namespace

TEST(units_are_folded_alike_one_by_one_and_four_at_once) {
  for (uint32_t unit = 0; unit < 0x10000; ++unit) {
    const auto one = static_cast<uint16_t>(unit);
    const uint16_t other = unit % 2 == 0 ? u'Q' : u'\xFFFF';
    // In each place of four, and in the rest behind them.
    const std::vector<uint16_t> name = {one, other, one, one, other, one, one};
    std::vector<uint16_t> key(name.size());
    bool same = false;
    CHECK_EQUAL(nsp::MakeKey(name.data(), 7, key.data(), &same), 7u - (unit == u'.' ? 1u : 0u));
    CHECK_EQUAL(same, unit % 2 != 0 && unit != u'.' && nsp::FoldCase(one) == one);
    for (size_t i = 0; i < 6; ++i)
      CHECK_EQUAL(key[i], nsp::FoldCase(name[i]));
  }
}

TEST(names_and_suffixes) {
  auto filter = Filter();
  CHECK(Owns(*filter, {.name = u"host.example"}));
  CHECK(Owns(*filter, {.name = u"HOST.Example."}));
  CHECK(Owns(*filter, {.name = u"a.b.mesh.example"}));
  CHECK(!Owns(*filter, {.name = u"mesh.example"}));
  CHECK(!Owns(*filter, {.name = u"xmesh.example"}));
  CHECK(!Owns(*filter, {.name = u".mesh.exampl"}));
  CHECK(!Owns(*filter, {.name = u"www.example"}));
  CHECK(!Owns(*filter, {.name = u""}));
}

TEST(an_entry_without_owns_answers_who_names_it) {
  auto filter = Filter();
  CHECK(Owns(*filter, {.entry = 1, .name_space = kPrivate, .name = u"anything"}));
  CHECK(Owns(*filter, {.entry = 1, .name_space = 0, .names_us = true, .name = u"anything"}));
  CHECK(!Owns(*filter, {.entry = 1, .name_space = 0, .name = u"anything"}));
  CHECK(!Owns(*filter, {.entry = 1, .name_space = 0}));
}

TEST(another_namespace_is_not_ours) {
  auto filter = Filter();
  CHECK(!Owns(*filter, {.name_space = 15, .name = u"host.example"}));
  CHECK(Owns(*filter, {.name_space = 0, .name = u"host.example"}));
}

TEST(queries_without_a_name_pass_outside_dns) {
  auto filter = Filter();
  CHECK(!Owns(*filter, {}));
  CHECK(Owns(*filter, {.entry = 1, .name_space = kPrivate}));
}

TEST(classes_narrow_an_entry) {
  auto filter = Filter();
  uint8_t wanted[16] = {1};
  uint8_t other[16] = {2};
  filter->entries[0].flags |= nsp::kEntryHasClasses;
  filter->class_count = 1;
  filter->classes[0].entries = 1;
  std::memcpy(filter->classes[0].id, wanted, 16);
  CHECK(Owns(*filter, {.name = u"host.example", .service_class = wanted}));
  CHECK(!Owns(*filter, {.name = u"host.example", .service_class = other}));
  CHECK(Owns(*filter, {.name = u"host.example"}));
}

TEST(an_entry_that_the_filter_lacks_owns_nothing) {
  auto filter = Filter();
  CHECK(!Owns(*filter, {.entry = 2, .name = u"host.example"}));
}

TEST(reverse_names) {
  nsp::ReverseAddress address;
  CHECK(Reverse(u"10.1.0.7", &address));
  CHECK_EQUAL(address.bytes[3], 7);
  CHECK(Reverse(u"7.0.1.10.in-addr.arpa", &address));
  CHECK_EQUAL(address.bytes[0], 10);
  CHECK_EQUAL(address.bytes[3], 7);
  CHECK(!Reverse(u"10.1.0", &address));
  CHECK(!Reverse(u"10.1.0.256", &address));
  CHECK(!Reverse(u"1.2.3.4.5", &address));
  CHECK(!Reverse(u"in-addr.arpa", &address));
  CHECK(Reverse(u"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
                &address));
  CHECK_EQUAL(address.family, 6);
  CHECK_EQUAL(address.bytes[0], 0xfd);
  CHECK_EQUAL(address.bytes[15], 1);
}

TEST(blocks_own_their_reverse_names) {
  auto filter = Filter();
  filter->block_count = 1;
  filter->blocks[0] = {{10, 1, 0x40}, 4, 18, 1};
  CHECK(Owns(*filter, {.name = u"10.1.127.255"}));
  CHECK(Owns(*filter, {.name = u"1.64.1.10.in-addr.arpa"}));
  CHECK(!Owns(*filter, {.name = u"10.1.128.1"}));
  CHECK(!Owns(*filter, {.name = u"10.1.63.255"}));
}

TEST(declared_codes) {
  auto filter = Filter();
  filter->code_count = 1;
  filter->codes[0] = 0xd8000001;
  CHECK(nsp::DeclaresCode(*filter, 0xd8000001));
  CHECK(!nsp::DeclaresCode(*filter, 0xc8000019));
}
