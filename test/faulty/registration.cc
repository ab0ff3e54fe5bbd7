// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// NSPSetService: reads the service, and no more of the query set than the contract gives a meaning
// here, and has the host apply it.
#include "registration.h"

#include <ws2tcpip.h>

#include <algorithm>

#include "host_call.h"
#include "memory.h"
#include "record.h"
#include "switches.h"

namespace faulty {
namespace {

constexpr DWORD kRegister = 0, kDeregister = 1, kDelete = 2;
constexpr DWORD kMultiple = 1;
constexpr DWORD kMostAddresses = 4096;
constexpr INT kMostSockaddr = 128;

bool ReadSide(const SOCKET_ADDRESS& side, Bytes* bytes) {
  if (!side.lpSockaddr && side.iSockaddrLength == 0) return true;
  if (side.iSockaddrLength < 2 || side.iSockaddrLength > kMostSockaddr) return false;
  bytes->resize(static_cast<size_t>(side.iSockaddrLength));
  return ReadMemory(side.lpSockaddr, bytes->data(), bytes->size());
}

// Looks at the client's memory once more, after the length was checked; slowly, so that a machine
// with few processors lets the client's other threads run in between.
void ReadSideAgain(const SOCKET_ADDRESS* client, Bytes* bytes) {
  Sleep(1);
  SOCKET_ADDRESS now = {};
  if (!ReadMemory(client, &now, sizeof(now)) || !now.lpSockaddr) return;
  std::memcpy(bytes->data(), now.lpSockaddr, static_cast<size_t>(now.iSockaddrLength));
}

bool ReadAddresses(const WSAQUERYSETW& raw, std::vector<RecordAddress>* addresses) {
  if (raw.dwNumberOfCsAddrs > kMostAddresses) return false;
  std::vector<CSADDR_INFO> list(raw.dwNumberOfCsAddrs);
  if (!ReadMemory(raw.lpcsaBuffer, list.data(), list.size() * sizeof(CSADDR_INFO))) return false;
  for (size_t i = 0; i < list.size(); ++i) {
    const CSADDR_INFO& info = list[i];
    RecordAddress address;
    if (!ReadSide(info.RemoteAddr, &address.remote)) return false;
    if (!address.remote.empty() && Broken(Switch::kSetReadsTwice)) {
      ReadSideAgain(&raw.lpcsaBuffer[i].RemoteAddr, &address.remote);
    }
    if (!ReadSide(info.LocalAddr, &address.local)) return false;
    address.socket_type = static_cast<uint32_t>(info.iSocketType);
    address.protocol = static_cast<uint32_t>(info.iProtocol);
    addresses->push_back(address);
  }
  return true;
}

bool ReadBlob(const WSAQUERYSETW& raw, Bytes* bytes) {
  if (!raw.lpBlob) return true;
  BLOB blob;
  if (!ReadMemory(raw.lpBlob, &blob, sizeof(blob)) || blob.cbSize > 0x80000) return false;
  bytes->resize(blob.cbSize);
  return ReadMemory(blob.pBlobData, bytes->data(), blob.cbSize);
}

bool ReadOptionalText(const wchar_t* from, std::wstring* text) {
  return !from || ReadText(from, text);
}

bool ReadService(const WSAQUERYSETW& raw, Record* record) {
  if (!ReadOptionalText(raw.lpszServiceInstanceName, &record->name)) return false;
  if (!ReadOptionalText(raw.lpszComment, &record->comment)) return false;
  if (!ReadOptionalText(raw.lpszContext, &record->context)) return false;
  record->has_class = raw.lpServiceClassId != nullptr;
  record->service_class.resize(record->has_class ? sizeof(GUID) : 0);
  if (!ReadMemory(raw.lpServiceClassId, record->service_class.data(),
                  record->service_class.size())) {
    return false;
  }
  record->has_version = raw.lpVersion != nullptr;
  WSAVERSION version = {};
  if (raw.lpVersion && !ReadMemory(raw.lpVersion, &version, sizeof(version))) return false;
  record->version = version.dwVersion;
  return ReadBlob(raw, &record->blob) && ReadAddresses(raw, &record->addresses);
}

// As a lookup would: addresses of other families than the protocols' are left out.
void HeedProtocols(const WSAQUERYSETW& raw, Record* record) {
  AFPROTOCOLS first = {};
  if (!ReadMemory(raw.lpafpProtocols, &first, sizeof(first))) first = {};
  std::erase_if(record->addresses, [&](const RecordAddress& address) {
    return first.iAddressFamily != static_cast<INT>(address.family());
  });
}

bool IsV6(const RecordAddress& address) {
  return address.family() == AF_INET6;
}

bool HasV6(const Record& record) {
  return std::any_of(record.addresses.begin(), record.addresses.end(), IsV6);
}

void DropV6(Record* record) {
  std::erase_if(record->addresses, IsV6);
}

struct Change {
  DWORD operation;
  bool multiple;
};

// What the switches make of a change; without one it is what the client said.
Change Heard(Change said) {
  Change heard = said;
  if (said.operation > kDelete) heard.operation = kRegister;
  if (said.operation == kRegister) {
    if (Broken(said.multiple ? Switch::kSetReplacesOnMultiple : Switch::kSetAddsOnPlain)) {
      heard.multiple = !said.multiple;
    }
  } else if (said.operation == kDeregister) {
    if (!said.multiple && Broken(Switch::kDeregisterRemovesObject)) heard.operation = kDelete;
    if (said.multiple && Broken(Switch::kDeregisterIgnoresMultiple)) heard.multiple = false;
  } else if (Broken(said.multiple ? Switch::kDeleteMultipleKeepsObject
                                  : Switch::kDeleteKeepsObject)) {
    heard.operation = kDeregister;
  }
  return heard;
}

DWORD Told(DWORD code) {
  if (code == WSASERVICE_NOT_FOUND && Broken(Switch::kAbsentSucceeds)) return 0;
  return code == WSAEACCES && Broken(Switch::kDeniedAsNetDown) ? WSAENETDOWN : code;
}

}  // namespace

DWORD SetService(const GUID* id, const WSAQUERYSETW* set, DWORD operation, DWORD flags) {
  if (!id || !set) return WSAEINVAL;
  if (operation > kDelete && !Broken(Switch::kOperationUnchecked)) return WSAEINVAL;
  GUID provider;
  WSAQUERYSETW raw = {};
  Record record;
  if (!ReadMemory(id, &provider, sizeof(provider))) return WSAEFAULT;
  if (!ReadMemory(&set->dwSize, &raw.dwSize, sizeof(raw.dwSize))) return WSAEFAULT;
  if (raw.dwSize < sizeof(raw) || !ReadMemory(set, &raw, sizeof(raw))) return WSAEFAULT;
  if (!ReadService(raw, &record)) return WSAEFAULT;
  HostCall call;
  DWORD code = call.Open(provider);
  if (code != 0) return code;
  if (raw.lpafpProtocols && Broken(Switch::kSetReadsProtocols)) HeedProtocols(raw, &record);
  if (operation == kRegister && HasV6(record) && Broken(Switch::kRegisterDropsV6)) DropV6(&record);
  call.query.has_name = !record.name.empty();
  call.query.name = record.name;
  call.query.TakeKey();
  if (call.query.has_name && !OwnsName(call.query)) return WSASERVICE_NOT_FOUND;
  const Change change = Heard({operation, (flags & kMultiple) != 0});
  ByteWriter more;
  more.Number(change.operation);
  more.Number(change.multiple);
  WriteRecord(record, &more);
  Bytes reply;
  code = call.Ask(Op::kSetService, more.bytes(), &reply);
  return Told(code);
}

}  // namespace faulty
