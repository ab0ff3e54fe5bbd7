// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The static table of the baseline "bool", a constant of the DLL: some names, and the thousand that
// ours publishes (provider.ts), sorted for a binary search.
#ifndef WINSOCK_NSP_BENCH_STATIC_NAMES_H_
#define WINSOCK_NSP_BENCH_STATIC_NAMES_H_

#include <cstddef>
#include <cstdint>

namespace bench {

struct StaticName {
  uint16_t name[22];  // lower case
  uint16_t units;
  uint8_t address[4];

  constexpr void Append(char16_t unit) { name[units++] = static_cast<uint16_t>(unit); }
  constexpr void Append(const char16_t* text) {
    for (; *text != 0; ++text) {
      Append(*text);
    }
  }
};

struct StaticNames {
  static constexpr uint32_t kPublished = 1000;
  static constexpr uint32_t kPlain = 9;
  static constexpr uint32_t kAll = kPublished + kPlain;
  StaticName rows[kAll];
};

constexpr StaticNames MakeStaticNames() {
  constexpr const char16_t* kPlainNames[StaticNames::kPlain] = {
      u"alpha", u"bravo", u"delta", u"echo", u"golf", u"gulf", u"host", u"india", u"kilo"};
  StaticNames made = {};
  StaticName* row = made.rows;
  uint8_t last = 0;
  for (const char16_t* name : kPlainNames) {
    row->Append(name);
    row->Append(u".bench.test");
    row->address[0] = 10;
    row->address[1] = 9;
    row->address[2] = 8;
    row->address[3] = ++last;
    ++row;
  }
  // n0, n1, n10, n100, n101, ..., n109, n11, ...: '.' sorts before the digits.
  uint32_t number = 0;
  for (uint32_t i = 0; i < StaticNames::kPublished; ++i, ++row) {
    row->Append(u'n');
    for (uint32_t unit = number < 10 ? 1 : number < 100 ? 10 : 100; unit != 0; unit /= 10) {
      row->Append(static_cast<char16_t>(u'0' + number / unit % 10));
    }
    row->Append(u".many.bench.test");
    row->address[0] = 11;
    row->address[2] = static_cast<uint8_t>(number >> 8);
    row->address[3] = static_cast<uint8_t>(number);
    if (number != 0 && number * 10 < StaticNames::kPublished) {
      number *= 10;
    } else {
      while (number % 10 == 9) {
        number /= 10;
      }
      ++number;
    }
  }
  return made;
}

inline constexpr StaticNames kStaticNames = MakeStaticNames();

// What a binary search relies on.
constexpr bool AreSorted(const StaticNames& names) {
  for (uint32_t i = 1; i < StaticNames::kAll; ++i) {
    const StaticName& one = names.rows[i - 1];
    const StaticName& next = names.rows[i];
    uint32_t at = 0;
    while (at < one.units && at < next.units && one.name[at] == next.name[at]) {
      ++at;
    }
    if (at == next.units || (at < one.units && one.name[at] > next.name[at])) {
      return false;
    }
  }
  return true;
}
static_assert(AreSorted(kStaticNames));

}  // namespace bench

#endif  // WINSOCK_NSP_BENCH_STATIC_NAMES_H_
