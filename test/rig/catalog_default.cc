// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a fresh catalog holds: the stand-ins of the providers that Microsoft's own catalog has and
// that change what clients see.
#include "catalog.h"

namespace rig {
namespace {

constexpr GUID kTcpip = {
    0x22059d40, 0x7e9e, 0x11cf, {0xae, 0x5a, 0x00, 0xaa, 0x00, 0xa7, 0x11, 0x2b}};
constexpr GUID kNla = {
    0x6642243a, 0x3ba8, 0x4aa6, {0xba, 0xa5, 0x2e, 0x0b, 0xd7, 0x1f, 0xdd, 0x83}};

CatalogEntry StandIn(const GUID& id, DWORD name_space, const wchar_t* name, const wchar_t* path) {
  CatalogEntry entry;
  entry.id = id;
  entry.name_space = name_space;
  entry.name = name;
  entry.path = path;
  return entry;
}

}  // namespace

CatalogEntries DefaultCatalog() {
  CatalogEntries entries;
  entries.push_back(
      StandIn(kTcpip, NS_DNS, L"Tcpip", L"%SystemRoot%\\System32\\tcpip_standin.dll"));
  entries.push_back(StandIn(kNla, NS_NLA, L"NLAv1", L"%SystemRoot%\\System32\\nla_standin.dll"));
  return entries;
}

}  // namespace rig
