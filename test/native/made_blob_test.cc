// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// RES-07: hostent and servent blobs, laid out for this width, in results of every buffer size from
// 0 to what they need, at every alignment, with guard bytes. Offsets are read by hand, as numbers.
#include <algorithm>
#include <cstring>
#include <string>

#include "check.h"
#include "result_writer.h"

namespace {

using Block = std::vector<uint8_t>;
constexpr size_t kPointer = sizeof(void*);
constexpr size_t kRoom = 2048;
const uint8_t kProvider[16] = {9};

// What a result is made of; `port_class` is the first number of its class.
struct Parts {
  uint32_t kind = nsp::kBlobHostent;
  std::u16string name = u"one.nsp.test";
  std::u16string aliases = std::u16string(u"uno\0eins\0", 9);
  uint32_t port_class = 0x00091b5f;  // TCP 7007
  bool addresses = true;
};

Block Encode(const Parts& parts) {
  struct {
    nsp::AddressHead first = {2, 17, 0, 16};
    uint8_t ipv4[16] = {2, 0, 0, 0, 10, 1, 0, 1};
    nsp::AddressHead second = {2, 17, 0, 28};
    uint8_t ipv6[28] = {23, 0};
    nsp::AddressHead third = {2, 17, 0, 16};
    uint8_t other[16] = {2, 0, 0, 0, 10, 1, 0, 2};
    nsp::AddressHead cut = {2, 17, 0, 4};
    uint8_t half[4] = {2, 0, 0, 0};
  } encoded;
  nsp::QuerySetView view;
  view.head.present = nsp::kHasName | nsp::kHasAliases | nsp::kHasClass;
  view.head.blob_kind = parts.kind;
  std::memcpy(view.head.service_class, &parts.port_class, sizeof(parts.port_class));
  view.name = {reinterpret_cast<const uint8_t*>(parts.name.data()),
               static_cast<uint32_t>(parts.name.size() * 2)};
  view.aliases = {reinterpret_cast<const uint8_t*>(parts.aliases.data()),
                  static_cast<uint32_t>(parts.aliases.size() * 2)};
  if (parts.addresses) {
    view.head.address_count = 4;
    view.addresses = {reinterpret_cast<const uint8_t*>(&encoded), sizeof(encoded)};
  }
  Block block(nsp::MeasureQuerySet(view));
  nsp::WriteQuerySet(view, block.data());
  return block;
}

DWORD Write(const Block& block, DWORD flags, void* buffer, uint32_t length, uint32_t* need) {
  nsp::QuerySetView item;
  return nsp::ReadQuerySet(block.data(), block.size(), &item)
             ? nsp::WriteResult({&item, flags, 12, kProvider, buffer, length}, need)
             : 1;
}

// A blob as whoever gets it sees it: bytes, and numbers in them.
struct Blob {
  Block bytes;
  bool sound = true;  // every offset so far lay inside

  uintptr_t Number(size_t at) {
    uintptr_t number = 0;
    if (at + kPointer > bytes.size()) {
      sound = false;
    } else {
      std::memcpy(&number, bytes.data() + at, kPointer);
    }
    return number;
  }
  uint16_t Short(size_t at) { return static_cast<uint16_t>(bytes.at(at) | bytes.at(at + 1) << 8); }
  std::string Text(size_t at) {
    std::string text;
    while (at < bytes.size() && bytes[at] != 0)
      text += static_cast<char>(bytes[at++]);
    sound = sound && at < bytes.size();
    return text;
  }
  // Elements of a zero-terminated array of offsets.
  std::vector<size_t> List(size_t at) {
    std::vector<size_t> list;
    sound = sound && at % kPointer == 0;
    for (; sound && Number(at) != 0; at += kPointer)
      list.push_back(Number(at));
    return list;
  }
};

Blob BlobOf(const Block& block, DWORD flags = LUP_RETURN_BLOB) {
  alignas(8) uint8_t buffer[kRoom];
  uint32_t need = 0;
  Blob blob;
  if (Write(block, flags, buffer, sizeof(buffer), &need) != 0) return blob;
  const auto* set = reinterpret_cast<const WSAQUERYSETW*>(buffer);
  if (set->lpBlob == nullptr) return blob;
  CHECK(reinterpret_cast<uintptr_t>(set->lpBlob->pBlobData) % 8 == 0);
  CHECK(set->lpBlob->pBlobData + set->lpBlob->cbSize <= buffer + need);
  blob.bytes.assign(set->lpBlob->pBlobData, set->lpBlob->pBlobData + set->lpBlob->cbSize);
  return blob;
}

}  // namespace

TEST(a_hostent_has_name_aliases_and_ipv4_addresses) {
  Blob blob = BlobOf(Encode({}));
  CHECK(blob.Text(blob.Number(0)) == "one.nsp.test");
  const std::vector<size_t> aliases = blob.List(blob.Number(kPointer));
  CHECK_EQUAL(aliases.size(), 2);
  CHECK(blob.Text(aliases.at(0)) == "uno" && blob.Text(aliases.at(1)) == "eins");
  CHECK_EQUAL(blob.Short(2 * kPointer), AF_INET);
  CHECK_EQUAL(blob.Short(2 * kPointer + 2), 4);
  const std::vector<size_t> addresses = blob.List(blob.Number(3 * kPointer));
  CHECK_EQUAL(addresses.size(), 2);
  for (size_t i = 0; i < 2; ++i) {
    CHECK(addresses.at(i) + 4 <= blob.bytes.size());
    const uint8_t expected[] = {10, 1, 0, static_cast<uint8_t>(i + 1)};
    CHECK(std::memcmp(blob.bytes.data() + addresses.at(i), expected, 4) == 0);
  }
  CHECK(blob.sound);
}

TEST(a_servent_has_the_port_and_protocol_of_its_class) {
  Parts parts;
  parts.kind = nsp::kBlobServent;
  for (const bool udp : {false, true}) {
    parts.port_class = udp ? 0x000a1b5f : 0x00091b5f;
    Blob blob = BlobOf(Encode(parts));
    // The members change places with the width.
    const size_t port_at = kPointer == 8 ? 24 : 8;
    const size_t proto_at = kPointer == 8 ? 16 : 12;
    CHECK(blob.Text(blob.Number(0)) == "one.nsp.test");
    CHECK_EQUAL(blob.List(blob.Number(kPointer)).size(), 2);
    CHECK_EQUAL(blob.Short(port_at), 0x5f1b);  // 7007 in network order
    CHECK(blob.Text(blob.Number(proto_at)) == (udp ? "udp" : "tcp"));
    CHECK(blob.sound);
  }
}

TEST(a_servent_without_a_port_is_none) {
  Parts parts;
  parts.kind = nsp::kBlobServent;
  parts.port_class = 0x0002a802;
  CHECK(BlobOf(Encode(parts)).bytes.empty());
}

TEST(empty_lists_are_valid_lists) {
  Parts parts;
  parts.aliases.clear();
  parts.addresses = false;
  Blob blob = BlobOf(Encode(parts));
  CHECK(blob.Number(kPointer) != 0 && blob.List(blob.Number(kPointer)).empty());
  CHECK(blob.Number(3 * kPointer) != 0 && blob.List(blob.Number(3 * kPointer)).empty());
  CHECK(blob.sound);
}

TEST(text_that_is_hard_to_convert_still_ends_inside) {
  Parts parts;
  for (const std::u16string& name :
       {std::u16string(), std::u16string(u"\xd800"), std::u16string(u"\u00fc\u4e2d"),
        std::u16string(8192, u'\u00fc')}) {
    parts.name = name;
    parts.aliases = name + u'\0';
    parts.aliases.resize(std::min<size_t>(parts.aliases.size(), 8192));
    Block big(100000);
    uint32_t need = 0;
    const Block block = Encode(parts);
    CHECK_EQUAL(Write(block, LUP_RETURN_BLOB, big.data(), static_cast<uint32_t>(big.size()), &need),
                0);
    const auto* set = reinterpret_cast<const WSAQUERYSETW*>(big.data());
    Blob blob;
    blob.bytes.assign(set->lpBlob->pBlobData, set->lpBlob->pBlobData + set->lpBlob->cbSize);
    const std::string text = blob.Text(blob.Number(0));
    CHECK(name.empty() == text.empty());
    CHECK_EQUAL(blob.List(blob.Number(kPointer)).size(), 1);
    CHECK(blob.Text(blob.List(blob.Number(kPointer)).at(0)) == text);
    CHECK(blob.sound);
  }
}

TEST(only_who_asks_for_a_blob_gets_one) {
  CHECK(BlobOf(Encode({}), LUP_RETURN_ALL & ~LUP_RETURN_BLOB).bytes.empty());
  CHECK(!BlobOf(Encode({}), LUP_RETURN_ALL).bytes.empty());
}

TEST(every_size_and_alignment_of_both_kinds) {
  for (const uint32_t kind : {nsp::kBlobHostent, nsp::kBlobServent}) {
    Parts parts;
    parts.kind = kind;
    const Block block = Encode(parts);
    uint32_t need = 0;
    CHECK_EQUAL(Write(block, LUP_RETURN_ALL, nullptr, 0, &need), WSAEFAULT);
    CHECK(need % 8 == 7 && need < kRoom - 16);
    for (uint32_t length = 0; length <= need; ++length) {
      for (size_t shift = 0; shift < 8; ++shift) {
        Block buffer(kRoom, 0xab);
        uint8_t* base =
            buffer.data() + (8 - reinterpret_cast<uintptr_t>(buffer.data()) % 8) % 8 + shift;
        uint32_t again = 0;
        const DWORD code = Write(block, LUP_RETURN_ALL, base, length, &again);
        CHECK_EQUAL(code, length < need ? WSAEFAULT : 0);
        CHECK_EQUAL(again, need);
        const Block guard(kRoom, 0xab);
        const size_t behind = static_cast<size_t>(base - buffer.data()) + (code == 0 ? need : 0);
        const size_t before = static_cast<size_t>(base - buffer.data());
        CHECK(std::memcmp(buffer.data(), guard.data(), before) == 0);
        CHECK(std::memcmp(buffer.data() + behind, guard.data(), kRoom - behind) == 0);
      }
    }
  }
}
