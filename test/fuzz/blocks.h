// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Query-set and class blocks made from a tape, within their limits or just beyond.
#ifndef WINSOCK_NSP_TEST_FUZZ_BLOCKS_H_
#define WINSOCK_NSP_TEST_FUZZ_BLOCKS_H_

#include "class_info.h"
#include "query_set.h"
#include "tape.h"

namespace fuzz {

// A view over bytes of its own. `sound` says that no limit is exceeded.
struct MadeQuery {
  nsp::QuerySetView view;
  std::vector<uint8_t> fields[6];
  std::vector<uint8_t> protocols;
  std::vector<uint8_t> addresses;
  bool sound = true;

  explicit MadeQuery(Tape* tape) {
    view.head.present = tape->Byte();
    view.head.name_space = tape->Below(64);
    view.head.flags = tape->Take<uint16_t>();
    view.head.entry = tape->Below(nsp::kMaxEntries + 1);
    view.head.blob_kind = tape->Below(nsp::kBlobServent + 1);
    MakeClass(tape);
    MakeFields(tape);
    MakeProtocols(tape);
    MakeAddresses(tape);
  }
  MadeQuery(const MadeQuery&) = delete;
  MadeQuery& operator=(const MadeQuery&) = delete;

  // The block; empty if a limit is exceeded.
  std::vector<uint8_t> Block() const {
    std::vector<uint8_t> block(nsp::MeasureQuerySet(view));
    if (!block.empty()) nsp::WriteQuerySet(view, block.data());
    return block;
  }

 private:
  // Half of them are the classes that mean something: SVCID_... of DNS and of the name functions.
  void MakeClass(Tape* tape) {
    uint8_t* id = view.head.service_class;
    if (tape->Chance()) {
      constexpr uint8_t kTail[] = {0xC0, 0, 0, 0, 0, 0, 0, 0x46};
      const bool record = tape->Chance();
      const uint32_t first = record ? 0x00090035 : 0x0002A800 + tape->Below(5);
      const auto third = static_cast<uint16_t>(record ? tape->Below(40) : 0);
      std::memcpy(id, &first, sizeof(first));
      std::memcpy(id + 6, &third, sizeof(third));
      std::memcpy(id + 8, kTail, sizeof(kTail));
    } else {
      id[0] = tape->Byte();
    }
  }

  void MakeFields(Tape* tape) {
    constexpr uint32_t kBits[] = {nsp::kHasName,        nsp::kHasComment, nsp::kHasContext,
                                  nsp::kHasQueryString, nsp::kHasBlob,    nsp::kHasAliases};
    nsp::Bytes nsp::QuerySetView::*const parts[] = {
        &nsp::QuerySetView::name,         &nsp::QuerySetView::comment, &nsp::QuerySetView::context,
        &nsp::QuerySetView::query_string, &nsp::QuerySetView::blob,    &nsp::QuerySetView::aliases,
    };
    for (size_t i = 0; i < std::size(kBits); ++i) {
      if ((view.head.present & kBits[i]) == 0) continue;
      const bool text = kBits[i] != nsp::kHasBlob;
      const uint32_t limit = text ? nsp::kMaxStringChars * 2 : nsp::kMaxBlobBytes;
      fields[i] = tape->Run(tape->Length(limit));
      sound = sound && fields[i].size() <= limit && (!text || fields[i].size() % 2 == 0);
      view.*parts[i] = View(fields[i]);
    }
  }

  void MakeProtocols(Tape* tape) {
    constexpr int32_t kFamilies[] = {2, 23, 0, 1};
    view.head.protocol_count = tape->Length(nsp::kMaxProtocols);
    sound = sound && view.head.protocol_count <= nsp::kMaxProtocols;
    for (uint32_t i = 0; i < view.head.protocol_count; ++i) {
      const nsp::ProtocolPair pair = {kFamilies[tape->Below(4)], tape->Byte()};
      const auto* bytes = reinterpret_cast<const uint8_t*>(&pair);
      protocols.insert(protocols.end(), bytes, bytes + sizeof(pair));
    }
    view.protocols = View(protocols);
  }

  void MakeAddresses(Tape* tape) {
    constexpr uint8_t kFamilies[] = {2, 23, 0, 1};
    uint32_t count = tape->Below(8);
    if (count == 7) count = tape->Length(nsp::kMaxAddresses);
    for (uint32_t i = 0; i < count; ++i) {
      std::vector<uint8_t> sides[2];
      for (auto& side : sides) {
        side = tape->Run(std::min(tape->Length(nsp::kMaxSockaddrBytes), nsp::kMaxSockaddrBytes));
        if (side.size() < 2) continue;
        side[0] = kFamilies[side[0] % 4];
        side[1] = 0;
      }
      nsp::AddressView address = {
          {tape->Byte(), tape->Byte(), 0, 0}, View(sides[0]), View(sides[1])};
      const size_t size = nsp::MeasureAddress(address);
      REQUIRE(size != 0);
      addresses.resize(addresses.size() + size);
      nsp::WriteAddress(address, &addresses[addresses.size() - size]);
    }
    view.head.address_count = count;
    view.addresses = View(addresses);
    sound = sound && count <= nsp::kMaxAddresses;
  }
};

// The same of a class.
struct MadeClass {
  nsp::ClassView view;
  std::vector<uint8_t> name;
  std::vector<uint8_t> properties;
  bool sound = true;

  explicit MadeClass(Tape* tape) {
    view.head.service_class[0] = tape->Byte();
    name = tape->Run(tape->Length(nsp::kMaxStringChars * 2));
    view.name = View(name);
    sound = name.size() <= nsp::kMaxStringChars * 2 && name.size() % 2 == 0;
    uint32_t count = tape->Below(8);
    if (count == 7) count = tape->Length(nsp::kMaxClassProperties);
    for (uint32_t i = 0; i < count; ++i)
      MakeProperty(tape);
    view.properties = View(properties);
    sound = sound && view.head.property_count <= nsp::kMaxClassProperties;
  }
  MadeClass(const MadeClass&) = delete;
  MadeClass& operator=(const MadeClass&) = delete;

  std::vector<uint8_t> Block() const {
    std::vector<uint8_t> block(nsp::MeasureClassInfo(view));
    if (!block.empty()) nsp::WriteClassInfo(view, block.data());
    return block;
  }

 private:
  // One that exceeds a limit is not taken.
  void MakeProperty(Tape* tape) {
    const std::vector<uint8_t> title = tape->Run(tape->Length(nsp::kMaxStringChars * 2));
    const std::vector<uint8_t> value = tape->Run(tape->Length(nsp::kMaxBlobBytes));
    const nsp::PropertyView property = {
        View(title), {tape->Byte(), tape->Byte(), tape->Byte()}, View(value)};
    const size_t size = nsp::MeasureProperty(property);
    const bool allowed = title.size() % 2 == 0 && title.size() <= nsp::kMaxStringChars * 2 &&
                         value.size() <= nsp::kMaxBlobBytes;
    REQUIRE((size != 0) == allowed);
    if (size == 0) return;
    properties.resize(properties.size() + size);
    nsp::WriteProperty(property, &properties[properties.size() - size]);
    ++view.head.property_count;
  }
};

}  // namespace fuzz

#endif  // WINSOCK_NSP_TEST_FUZZ_BLOCKS_H_
