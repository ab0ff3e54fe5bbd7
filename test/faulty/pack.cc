// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See pack.h.
#include "pack.h"

#include <ws2tcpip.h>

#include <cstring>

#include "feed.h"
#include "made_blob.h"
#include "switches.h"
#include "walk.h"

namespace faulty {
namespace {

constexpr DWORD kName = 0x10, kType = 0x20, kVersion = 0x40, kComment = 0x80, kAddr = 0x100,
                kBlob = 0x200, kQueryString = 0x800;

// Only the family is kept.
Bytes Zeroed(Bytes address) {
  for (size_t i = sizeof(u_short); i < address.size(); ++i)
    address[i] = 0;
  return address;
}

SOCKET_ADDRESS PackSide(const Bytes& side, Walk* walk) {
  if (side.empty()) return {nullptr, 0};
  return {walk->Copy<sockaddr>(side.data(), side.size()), static_cast<INT>(side.size())};
}

void PackAddresses(const Record& record, const Query& query, Walk* walk, WSAQUERYSETW* set) {
  std::vector<const RecordAddress*> usable;
  for (const RecordAddress& address : record.addresses) {
    if (query.AcceptsFamily(static_cast<int>(address.family()))) usable.push_back(&address);
  }
  if (usable.empty()) return;
  auto* list = walk->Take<CSADDR_INFO>(usable.size() * sizeof(CSADDR_INFO));
  set->dwNumberOfCsAddrs = static_cast<DWORD>(usable.size());
  set->lpcsaBuffer = list;
  for (size_t i = 0; i < usable.size(); ++i) {
    const RecordAddress& address = *usable[i];
    CSADDR_INFO info = {};
    info.RemoteAddr = PackSide(address.remote, walk);
    info.LocalAddr = PackSide(address.local.empty() ? Zeroed(address.remote) : address.local, walk);
    if (address.local.empty() && Broken(Switch::kLocalMissing)) info.LocalAddr = {nullptr, 0};
    info.iSocketType = static_cast<INT>(address.socket_type);
    info.iProtocol = static_cast<INT>(address.protocol);
    if (list) std::memcpy(static_cast<void*>(list + i), &info, sizeof(info));
  }
}

void PackBlob(const Record& record, const Query& query, Walk* walk, WSAQUERYSETW* set) {
  const Made made = MadeFor(query);
  const Bytes bytes = made == Made::kNothing ? record.blob : MakeBlob(made, record, query);
  if (bytes.empty()) return;
  auto* blob = walk->Take<BLOB>(sizeof(BLOB));
  auto* data = walk->Copy<BYTE>(bytes.data(), bytes.size());
  BLOB filled = {static_cast<ULONG>(bytes.size()), data};
  if (data && made != Made::kNothing) SpoilBlob(made, data, &filled.cbSize);
  if (blob) std::memcpy(static_cast<void*>(blob), &filled, sizeof(filled));
  set->lpBlob = blob;
}

void PackSmall(const Record& record, const Query& query, DWORD fields, Walk* walk,
               WSAQUERYSETW* set) {
  const bool class_known = record.has_class || query.has_class;
  if ((fields & kType) && class_known) {
    const void* id = record.has_class ? static_cast<const void*>(record.service_class.data())
                                      : &query.service_class;
    set->lpServiceClassId = walk->Copy<GUID>(id, sizeof(GUID));
  }
  if ((fields & kVersion) && record.has_version) {
    const WSAVERSION version = {record.version, COMP_EQUAL};
    set->lpVersion = walk->Copy<WSAVERSION>(&version, sizeof(version));
  }
  if (fields & kBlob) PackBlob(record, query, walk, set);
}

void Pack(const Record& record, const Query& query, DWORD fields, Walk* walk, WSAQUERYSETW* set) {
  static wchar_t elsewhere[] = L"outside the buffer";
  set->dwSize = Broken(Switch::kResultSizeZero) ? 0 : sizeof(*set);
  set->dwNameSpace = Broken(Switch::kNameSpaceZero) ? 0 : kEntryTable[query.entry].name_space;
  set->dwOutputFlags = record.flags;
  set->lpNSProviderId = walk->Copy<GUID>(&kEntryTable[query.entry].id, sizeof(GUID));
  if (fields & kName) set->lpszServiceInstanceName = walk->Text(record.name);
  if (fields & kComment) set->lpszComment = walk->Text(record.comment);
  if (set->lpszComment && Broken(Switch::kPointerOutside)) set->lpszComment = elsewhere;
  if (fields & kQueryString) set->lpszQueryString = walk->Text(record.query_string);
  set->lpszContext = walk->Text(record.context);
  PackSmall(record, query, fields, walk, set);
  if (fields & kAddr) PackAddresses(record, query, walk, set);
}

}  // namespace

size_t MeasureResult(const Record& record, const Query& query, DWORD fields) {
  WSAQUERYSETW set = {};
  Walk walk(nullptr, sizeof(set));
  Pack(record, query, fields, &walk, &set);
  return walk.need();
}

void WriteResult(const Record& record, const Query& query, DWORD fields, uint8_t* buffer) {
  WSAQUERYSETW set = {};
  Walk walk(buffer, sizeof(set));
  Pack(record, query, fields, &walk, &set);
  std::memcpy(buffer, &set, sizeof(set));
}

}  // namespace faulty
