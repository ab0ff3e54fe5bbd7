// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See reverse_name.h.
#include "reverse_name.h"

namespace nsp {
namespace {

// Strips ".<ascii>" off the end of the key.
bool StripSuffix(const uint16_t* key, uint32_t* units, const char* suffix, uint32_t length) {
  if (*units <= length) {
    return false;
  }
  for (uint32_t i = 0; i < length; ++i) {
    if (key[*units - length + i] != static_cast<uint16_t>(suffix[i])) {
      return false;
    }
  }
  *units -= length;
  return true;
}

bool ParseDotted(const uint16_t* text, uint32_t units, uint8_t octets[4]) {
  uint32_t at = 0;
  for (int part = 0; part < 4; ++part) {
    uint32_t value = 0;
    uint32_t digits = 0;
    while (at < units && text[at] >= '0' && text[at] <= '9' && digits < 3) {
      value = value * 10 + (text[at] - uint32_t{'0'});
      ++at;
      ++digits;
    }
    if (digits == 0 || value > 255) {
      return false;
    }
    octets[part] = static_cast<uint8_t>(value);
    if (part < 3 && (at >= units || text[at++] != '.')) {
      return false;
    }
  }
  return at == units;
}

int HexDigit(uint16_t unit) {
  if (unit >= '0' && unit <= '9') {
    return unit - '0';
  }
  return unit >= 'a' && unit <= 'f' ? unit - 'a' + 10 : -1;
}

bool ParseNibbles(const uint16_t* text, uint32_t units, uint8_t bytes[16]) {
  if (units != 63) {
    return false;
  }
  for (uint32_t i = 0; i < 32; ++i) {
    int digit = HexDigit(text[2 * i]);
    if (digit < 0 || (i < 31 && text[2 * i + 1] != '.')) {
      return false;
    }
    uint32_t nibble = 31 - i;  // the last label is the first nibble of the address
    uint32_t value = static_cast<uint32_t>(digit) << (nibble % 2 == 0 ? 4 : 0);
    bytes[nibble / 2] = static_cast<uint8_t>(bytes[nibble / 2] | value);
  }
  return true;
}

}  // namespace

bool ParseReverseName(const uint16_t* key, uint32_t units, ReverseAddress* address) {
  *address = {};
  uint32_t rest = units;
  if (StripSuffix(key, &rest, ".in-addr.arpa", 13)) {
    uint8_t octets[4];
    address->family = 4;
    if (!ParseDotted(key, rest, octets)) {
      return false;
    }
    for (int i = 0; i < 4; ++i) {
      address->bytes[i] = octets[3 - i];
    }
    return true;
  }
  if (StripSuffix(key, &rest, ".ip6.arpa", 9)) {
    address->family = 6;
    return ParseNibbles(key, rest, address->bytes);
  }
  address->family = 4;
  return ParseDotted(key, units, address->bytes);
}

bool InBlock(const ReverseAddress& address, const ControlBlock& block) {
  if (address.family != block.family) {
    return false;
  }
  uint32_t whole = block.prefix / 8;
  for (uint32_t i = 0; i < whole; ++i) {
    if (address.bytes[i] != block.address[i]) {
      return false;
    }
  }
  uint32_t bits = block.prefix % 8;
  if (bits == 0) {
    return true;
  }
  uint32_t mask = 0xffu << (8 - bits);
  return ((address.bytes[whole] ^ block.address[whole]) & mask & 0xffu) == 0;
}

}  // namespace nsp
