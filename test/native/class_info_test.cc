// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Class blocks: what is written reads back; every cut and every mutation is refused or still sound.
#include "class_info.h"

#include <cstring>
#include <random>

#include "check.h"

namespace {

using nsp::Bytes;
using nsp::ClassView;
using nsp::PropertyView;
using Block = std::vector<uint8_t>;

Bytes View(const char16_t* text) {
  return {reinterpret_cast<const uint8_t*>(text),
          static_cast<uint32_t>(std::char_traits<char16_t>::length(text) * 2)};
}

// One property of each registry type, with values of 0 to 11 bytes.
constexpr uint32_t kTypes = 12;

Block Properties() {
  static const uint8_t value[kTypes] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  Block block;
  for (uint32_t type = 0; type < kTypes; ++type) {
    PropertyView property;
    property.name = View(type % 2 == 0 ? u"SapId" : u"");
    property.head = {type, type, 0};
    property.value = {value, type};
    const size_t at = block.size();
    block.resize(at + nsp::MeasureProperty(property));
    nsp::WriteProperty(property, block.data() + at);
  }
  return block;
}

Block Full() {
  const Block properties = Properties();
  ClassView view;
  view.head.property_count = kTypes;
  view.head.service_class[15] = 0x46;
  view.name = View(u"printers");
  view.properties = {properties.data(), static_cast<uint32_t>(properties.size())};
  Block block(nsp::MeasureClassInfo(view), 0xcc);
  nsp::WriteClassInfo(view, block.data());
  return block;
}

// Reads `block` from memory of exactly its size, and walks all that the reader hands out.
void ReadsInside(const Block& block) {
  ClassView view;
  if (!nsp::ReadClassInfo(block.data(), block.size(), &view)) return;
  const uint8_t* end = block.data() + block.size();
  auto inside = [&](const Bytes& bytes) {
    return bytes.size == 0 || (bytes.data >= block.data() && bytes.data + bytes.size <= end);
  };
  CHECK(inside(view.name) && view.name.size % 2 == 0 && inside(view.properties));
  PropertyView property;
  uint32_t count = 0;
  while (nsp::NextProperty(&view.properties, &property)) {
    ++count;
    CHECK(inside(property.name) && property.name.size % 2 == 0 && inside(property.value));
    CHECK_EQUAL(property.value.size, property.head.value_bytes);
  }
  CHECK_EQUAL(count, view.head.property_count);
}

}  // namespace

TEST(what_is_written_reads_back) {
  const Block block = Full();
  ClassView view;
  CHECK(nsp::ReadClassInfo(block.data(), block.size(), &view));
  CHECK_EQUAL(view.head.size, block.size());
  CHECK_EQUAL(view.head.service_class[15], 0x46);
  CHECK(view.name.size == 16 && std::memcmp(view.name.data, u"printers", 16) == 0);
  CHECK_EQUAL(view.head.property_count, kTypes);
  PropertyView property;
  for (uint32_t type = 0; type < kTypes; ++type) {
    CHECK(nsp::NextProperty(&view.properties, &property));
    CHECK_EQUAL(property.name.size, type % 2 == 0 ? 10 : 0);
    CHECK_EQUAL(property.head.name_space, type);
    CHECK_EQUAL(property.head.type, type);
    CHECK_EQUAL(property.value.size, type);
    CHECK(type == 0 || property.value.data[type - 1] == type);
  }
  CHECK(!nsp::NextProperty(&view.properties, &property));
}

TEST(every_cut_is_refused) {
  const Block block = Full();
  ClassView view;
  for (size_t size = 0; size < block.size(); ++size) {
    const Block cut(block.begin(), block.begin() + static_cast<ptrdiff_t>(size));
    CHECK(!nsp::ReadClassInfo(cut.data(), cut.size(), &view));
  }
}

TEST(every_changed_word_stays_inside) {
  const Block block = Full();
  for (size_t at = 0; at + 4 <= block.size(); at += 4) {
    for (uint32_t value : {0u, 1u, 2u, 3u, 0x7fffffffu, 0x80000000u, 0xfffffffcu, 0xffffffffu}) {
      Block changed = block;
      std::memcpy(changed.data() + at, &value, 4);
      ReadsInside(changed);
    }
  }
  CHECK(true);
}

TEST(random_mutations_stay_inside) {
  const Block block = Full();
  std::mt19937 random(20240229);
  for (int round = 0; round < 20000; ++round) {
    Block changed = block;
    for (uint32_t i = random() % 6; i != 0; --i)
      changed[random() % changed.size()] = static_cast<uint8_t>(random());
    changed.resize(random() % (changed.size() + 1));
    ReadsInside(changed);
  }
  CHECK(true);
}

TEST(limits_are_kept) {
  const std::vector<uint8_t> large(nsp::kMaxBlobBytes + 4);
  PropertyView property;
  property.value = {large.data(), nsp::kMaxBlobBytes};
  CHECK(nsp::MeasureProperty(property) != 0);
  property.value.size += 1;
  CHECK_EQUAL(nsp::MeasureProperty(property), 0);
  property = {};
  property.name = {large.data(), nsp::kMaxStringChars * 2 + 2};
  CHECK_EQUAL(nsp::MeasureProperty(property), 0);
  ClassView view;
  view.name = property.name;
  CHECK_EQUAL(nsp::MeasureClassInfo(view), 0);
  view = {};
  view.head.property_count = nsp::kMaxClassProperties + 1;
  CHECK_EQUAL(nsp::MeasureClassInfo(view), 0);
  view = {};
  view.properties.size = nsp::kMaxFrameBytes;
  CHECK_EQUAL(nsp::MeasureClassInfo(view), 0);
}

TEST(a_value_above_the_limit_is_refused) {
  const std::vector<uint8_t> large(nsp::kMaxBlobBytes + 4);
  PropertyView property;
  property.value = {large.data(), nsp::kMaxBlobBytes};
  Block encoded(nsp::MeasureProperty(property) + 4);
  nsp::WriteProperty(property, encoded.data());
  ClassView view;
  view.head.property_count = 1;
  view.properties = {encoded.data(), static_cast<uint32_t>(encoded.size()) - 4};
  for (const uint32_t more : {0u, 4u}) {
    const uint32_t bytes = nsp::kMaxBlobBytes + more;
    std::memcpy(encoded.data() + 12, &bytes, 4);  // behind an empty name, name space and type
    Block block(nsp::MeasureClassInfo(view) + more);
    view.properties.size += more;
    nsp::WriteClassInfo(view, block.data());
    ClassView read;
    CHECK_EQUAL(nsp::ReadClassInfo(block.data(), block.size(), &read), more == 0);
  }
}

TEST(more_properties_than_the_limit_are_refused) {
  for (const uint32_t count : {nsp::kMaxClassProperties, nsp::kMaxClassProperties + 1}) {
    // Empty ones: a name of no length, then their head.
    Block block(sizeof(nsp::ClassHead) + 4 + count * (4 + sizeof(nsp::ClassProperty)));
    const nsp::ClassHead head = {static_cast<uint32_t>(block.size()), count, {}};
    std::memcpy(block.data(), &head, sizeof(head));
    ClassView read;
    CHECK_EQUAL(nsp::ReadClassInfo(block.data(), block.size(), &read),
                count == nsp::kMaxClassProperties);
  }
}
