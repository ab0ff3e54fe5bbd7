// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Query-set blocks: what is written reads back; every cut and every changed length is refused or
// still sound.
#include "query_set.h"

#include <cstring>
#include <random>

#include "check.h"

namespace {

using nsp::Bytes;
using nsp::QuerySetView;
using Block = std::vector<uint8_t>;

Bytes View(const char16_t* text) {
  return {reinterpret_cast<const uint8_t*>(text),
          static_cast<uint32_t>(std::char_traits<char16_t>::length(text) * 2)};
}

// One address: STREAM, local of 0 and remote of 16 bytes.
Block OneAddress() {
  nsp::AddressHead head = {1, 6, 0, 16};
  Block bytes(sizeof(head) + 16, 7);
  std::memcpy(bytes.data(), &head, sizeof(head));
  return bytes;
}

QuerySetView Full(const Block& addresses) {
  static const uint8_t blob[] = {1, 2, 3};
  static const nsp::ProtocolPair protocols[] = {{2, 6}, {23, 17}};
  QuerySetView view;
  view.head.present = nsp::kHasName | nsp::kHasClass | nsp::kHasVersion | nsp::kHasComment |
                      nsp::kHasContext | nsp::kHasQueryString | nsp::kHasBlob | nsp::kHasAliases;
  view.head.blob_kind = nsp::kBlobServent;
  view.aliases = {reinterpret_cast<const uint8_t*>(u"b\0c\0"), 8};
  view.head.name_space = 12;
  view.head.version = 7;
  view.name = View(u"printer.example");
  view.comment = View(u"a");
  view.context = View(u"\\");
  view.query_string = View(u"");
  view.blob = {blob, sizeof(blob)};
  view.head.protocol_count = 2;
  view.protocols = {reinterpret_cast<const uint8_t*>(protocols), sizeof(protocols)};
  view.head.address_count = 1;
  view.addresses = {addresses.data(), static_cast<uint32_t>(addresses.size())};
  return view;
}

Block Write(const QuerySetView& view) {
  Block block(nsp::MeasureQuerySet(view), 0xcc);
  nsp::WriteQuerySet(view, block.data());
  return block;
}

bool Same(const Bytes& a, const Bytes& b) {
  return a.size == b.size && std::memcmp(a.data, b.data, a.size) == 0;
}

// Reads `block` from memory of exactly its size, and walks all that the reader hands out.
void ReadsInside(const Block& block) {
  QuerySetView read;
  if (!nsp::ReadQuerySet(block.data(), block.size(), &read)) return;
  const uint8_t* end = block.data() + block.size();
  auto inside = [&](const Bytes& bytes) {
    return bytes.size == 0 || (bytes.data >= block.data() && bytes.data + bytes.size <= end);
  };
  for (const Bytes* bytes : {&read.name, &read.comment, &read.context, &read.query_string,
                             &read.blob, &read.aliases, &read.protocols, &read.addresses}) {
    CHECK(inside(*bytes));
  }
  nsp::AddressView address;
  uint32_t count = 0;
  for (Bytes rest = read.addresses; nsp::NextAddress(&rest, &address); ++count)
    CHECK(inside(address.local) && inside(address.remote));
  CHECK_EQUAL(count, read.head.address_count);
}

}  // namespace

TEST(what_is_written_reads_back) {
  Block addresses = OneAddress();
  QuerySetView view = Full(addresses);
  Block block = Write(view);
  QuerySetView read;
  CHECK(nsp::ReadQuerySet(block.data(), block.size(), &read));
  CHECK_EQUAL(read.head.size, block.size());
  CHECK_EQUAL(read.head.version, 7);
  CHECK(Same(read.name, view.name));
  CHECK(Same(read.comment, view.comment));
  CHECK(Same(read.context, view.context));
  CHECK_EQUAL(read.query_string.size, 0);
  CHECK(Same(read.blob, view.blob));
  CHECK(Same(read.aliases, view.aliases));
  CHECK_EQUAL(read.head.blob_kind, nsp::kBlobServent);
  CHECK(Same(read.protocols, view.protocols));
  nsp::AddressView address;
  Bytes rest = read.addresses;
  CHECK(nsp::NextAddress(&rest, &address));
  CHECK_EQUAL(address.remote.size, 16);
  CHECK_EQUAL(address.local.size, 0);
  CHECK(!nsp::NextAddress(&rest, &address));
}

TEST(every_cut_is_refused) {
  Block block = Write(Full(OneAddress()));
  QuerySetView read;
  for (size_t size = 0; size < block.size(); ++size) {
    CHECK(!nsp::ReadQuerySet(block.data(), size, &read));
  }
}

TEST(unknown_fields_and_blobs_are_refused) {
  const Block block = Write(Full(OneAddress()));
  for (const size_t at :
       {offsetof(nsp::QuerySetHead, present), offsetof(nsp::QuerySetHead, blob_kind)}) {
    Block changed = block;
    QuerySetView read;
    changed[at + 1] = 1;
    CHECK(!nsp::ReadQuerySet(changed.data(), changed.size(), &read));
  }
}

// Whatever one 32-bit word becomes, all that the reader hands out lies inside the block.
TEST(every_changed_word_stays_inside) {
  const Block block = Write(Full(OneAddress()));
  const uint32_t values[] = {0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000};
  for (size_t at = 0; at + 4 <= block.size(); at += 4) {
    for (uint32_t value : values) {
      Block changed = block;
      std::memcpy(changed.data() + at, &value, 4);
      ReadsInside(changed);
    }
  }
  CHECK(true);
}

TEST(random_mutations_stay_inside) {
  const Block block = Write(Full(OneAddress()));
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

TEST(an_address_is_measured_as_it_is_written) {
  const uint8_t bytes[nsp::kMaxSockaddrBytes + 1] = {2};
  for (uint32_t local = 0; local <= nsp::kMaxSockaddrBytes; ++local) {
    nsp::AddressView address;
    address.head = {1, 6, 99, 99};
    address.local = {bytes, local};
    address.remote = {bytes, nsp::kMaxSockaddrBytes - local};
    Block encoded(nsp::MeasureAddress(address));
    nsp::WriteAddress(address, encoded.data());
    Bytes rest = {encoded.data(), static_cast<uint32_t>(encoded.size())};
    nsp::AddressView read;
    CHECK(nsp::NextAddress(&rest, &read) && rest.size == 0);
    CHECK(Same(read.local, address.local) && Same(read.remote, address.remote));
  }
  nsp::AddressView address;
  address.remote = {bytes, sizeof(bytes)};
  CHECK_EQUAL(nsp::MeasureAddress(address), 0);
}

TEST(limits_are_kept) {
  QuerySetView view;
  std::vector<uint8_t> large(nsp::kMaxBlobBytes + 1);
  view.head.present = nsp::kHasBlob;
  view.blob = {large.data(), nsp::kMaxBlobBytes};
  CHECK(nsp::MeasureQuerySet(view) != 0);
  view.blob.size += 1;
  CHECK_EQUAL(nsp::MeasureQuerySet(view), 0);
  view = {};
  view.head.present = nsp::kHasName;
  view.name = {large.data(), nsp::kMaxStringChars * 2 + 2};
  CHECK_EQUAL(nsp::MeasureQuerySet(view), 0);
  view.name.size = 3;  // half a unit
  CHECK_EQUAL(nsp::MeasureQuerySet(view), 0);
}
