// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Names that stand for an address: the name made of an address is read as that address, and what is
// read of any other units is an address whose name reads the same.
#include "reverse_name.h"

#include <string>

#include "tape.h"

namespace {

using fuzz::Exact;
using fuzz::Tape;

std::string Dotted(const uint8_t* octets, bool reversed) {
  std::string text;
  for (int i = 0; i < 4; ++i)
    text += (i == 0 ? "" : ".") + std::to_string(octets[reversed ? 3 - i : i]);
  return text;
}

std::string NameOf(const nsp::ReverseAddress& address, bool arpa) {
  if (address.family == 4) {
    return Dotted(address.bytes, arpa) + (arpa ? ".in-addr.arpa" : "");
  }
  std::string text;
  for (int i = 15; i >= 0; --i) {
    for (int nibble : {address.bytes[i] & 15, address.bytes[i] >> 4})
      text += std::string(1, "0123456789abcdef"[nibble]) + ".";
  }
  return text + "ip6.arpa";
}

bool Parse(const std::string& name, nsp::ReverseAddress* address) {
  const Exact bytes(name.size() * 2);
  auto* units = reinterpret_cast<uint16_t*>(bytes.data());
  std::copy(name.begin(), name.end(), units);
  return nsp::ParseReverseName(units, static_cast<uint32_t>(name.size()), address);
}

void ReadsAs(const std::string& name, const nsp::ReverseAddress& address) {
  nsp::ReverseAddress read;
  REQUIRE(Parse(name, &read) && read.family == address.family);
  REQUIRE(std::memcmp(read.bytes, address.bytes, sizeof(read.bytes)) == 0);
}

// The verdict bit by bit.
void Block(Tape* tape, const nsp::ReverseAddress& address) {
  nsp::ControlBlock block = {};
  block.family = tape->Chance() ? 4 : 6;
  block.prefix = static_cast<uint8_t>(tape->Below(block.family == 4 ? 33 : 129));
  std::memcpy(block.address, address.bytes, sizeof(block.address));
  for (uint32_t flips = tape->Below(3); flips != 0; --flips)
    block.address[tape->Below(16)] ^= static_cast<uint8_t>(1u << tape->Below(8));
  bool inside = block.family == address.family;
  for (uint32_t bit = 0; bit < block.prefix; ++bit) {
    const int difference = block.address[bit / 8] ^ address.bytes[bit / 8];
    inside = inside && (difference & (0x80 >> bit % 8)) == 0;
  }
  REQUIRE(nsp::InBlock(address, block) == inside);
}

void FromAddress(Tape* tape) {
  nsp::ReverseAddress address;
  address.family = tape->Chance() ? 4 : 6;
  const auto bytes = tape->Run(address.family == 4 ? 4 : 16);
  std::copy(bytes.begin(), bytes.end(), address.bytes);
  std::string name = NameOf(address, true);
  ReadsAs(name, address);
  if (address.family == 4) ReadsAs(NameOf(address, false), address);
  Block(tape, address);
  name[tape->Byte() % name.size()] = static_cast<char>(tape->Byte());
  nsp::ReverseAddress other;
  static_cast<void>(Parse(name, &other));
}

void FromUnits(Tape* tape) {
  // Units of both bytes: 0x0131 is not a digit.
  const Exact bytes(tape->rest(), tape->left() / 2 * 2);
  const auto* units = reinterpret_cast<const uint16_t*>(bytes.data());
  nsp::ReverseAddress address;
  if (!nsp::ParseReverseName(units, static_cast<uint32_t>(bytes.size() / 2), &address)) return;
  REQUIRE(address.family == 4 || address.family == 6);
  ReadsAs(NameOf(address, true), address);
}

void FromText(Tape* tape) {
  const std::string suffixes[] = {"", ".in-addr.arpa", ".ip6.arpa"};
  const std::string suffix = suffixes[tape->Below(3)];
  std::string name(reinterpret_cast<const char*>(tape->rest()), tape->left());
  name += suffix;
  nsp::ReverseAddress address;
  if (Parse(name, &address)) ReadsAs(NameOf(address, true), address);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Tape tape(data, size);
  switch (tape.Below(3)) {
    case 0:
      FromAddress(&tape);
      break;
    case 1:
      FromUnits(&tape);
      break;
    default:
      FromText(&tape);
  }
  return 0;
}
