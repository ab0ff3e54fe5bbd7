// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A WSAQUERYSETW restriction, checked and copied, with the counters that concern it.
#pragma once

#include <winsock2.h>
#include <windows.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bytes.h"
#include "control.h"

namespace faulty {

struct Query {
  int entry = 0;
  bool has_name = false;
  std::wstring name;
  std::wstring key;  // lower case, no dot at the end
  bool has_class = false;
  GUID service_class = {};
  DWORD name_space = 0;
  bool has_provider = false;
  GUID provider = {};
  std::wstring context;
  std::wstring query_string;
  std::vector<AFPROTOCOLS> protocols;
  Bytes blob;
  DWORD flags = 0;
  const wchar_t* client_name = nullptr;  // looked at by a switch only

  Kind kind() const { return has_class ? KindOf(service_class) : Kind::kOther; }
  // `key` from `name`.
  void TakeKey();
  bool AcceptsFamily(int family) const;
};

// The entry answers for this name.
bool OwnsName(const Query& query);

// All checks of Begin in the order of the contract: 10014, 87, 10108 (the filter), 11004. 0 or the
// code. `control` is null when there is no readable control file.
DWORD ReadQuery(int entry, WSAQUERYSETW* from, const WSASERVICECLASSINFOW* info, DWORD flags,
                const ControlFile* control, Query* query);

// The sum of the counters that a change of this query's answers would raise. Counters only rise,
// so two sums are equal exactly when nothing has changed between them.
uint64_t SampleCounters(const ControlFile& control, const Query& query);

}  // namespace faulty
