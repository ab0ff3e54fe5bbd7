// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One answer of a lookup, or one service to register, as it travels between faulty-host.exe and
// faulty.dll.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bytes.h"

namespace faulty {

// A CSADDR_INFO; a side that is absent is empty.
struct RecordAddress {
  Bytes remote;  // socket addresses as they lie in memory, the family first
  Bytes local;
  uint32_t socket_type = 1;  // SOCK_STREAM
  uint32_t protocol = 6;     // IPPROTO_TCP

  uint32_t family() const {
    const Bytes& side = remote.size() < 2 ? local : remote;
    return side.size() < 2 ? 0 : side[0] | side[1] << 8;
  }
  bool operator==(const RecordAddress&) const = default;
};

struct Record {
  std::wstring name;
  std::wstring comment;
  std::wstring context;
  std::wstring query_string;
  bool has_version = false;
  uint32_t version = 0;
  bool has_class = false;
  Bytes service_class;  // 16 bytes of a GUID
  Bytes blob;
  std::vector<std::wstring> aliases;
  std::vector<RecordAddress> addresses;
  uint32_t flags = 0;  // RESULT_IS_*: made by the DLL, does not travel
};

inline void WriteRecord(const Record& record, ByteWriter* to) {
  to->Text(record.name);
  to->Text(record.comment);
  to->Text(record.context);
  to->Text(record.query_string);
  to->Number(record.has_version);
  to->Number(record.version);
  to->Number(record.has_class);
  to->Run(record.service_class.data(), record.service_class.size());
  to->Run(record.blob.data(), record.blob.size());
  to->Number(static_cast<uint32_t>(record.aliases.size()));
  for (const std::wstring& alias : record.aliases)
    to->Text(alias);
  to->Number(static_cast<uint32_t>(record.addresses.size()));
  for (const RecordAddress& address : record.addresses) {
    to->Run(address.remote.data(), address.remote.size());
    to->Run(address.local.data(), address.local.size());
    to->Number(address.socket_type);
    to->Number(address.protocol);
  }
}

inline Record ReadRecord(ByteReader* from) {
  Record record;
  record.name = from->Text();
  record.comment = from->Text();
  record.context = from->Text();
  record.query_string = from->Text();
  record.has_version = from->Number() != 0;
  record.version = from->Number();
  record.has_class = from->Number() != 0;
  record.service_class = from->Run();
  record.blob = from->Run();
  for (uint32_t left = from->Number(); left > 0 && from->ok(); --left)
    record.aliases.push_back(from->Text());
  for (uint32_t left = from->Number(); left > 0 && from->ok(); --left) {
    RecordAddress address;
    address.remote = from->Run();
    address.local = from->Run();
    address.socket_type = from->Number();
    address.protocol = from->Number();
    record.addresses.push_back(address);
  }
  return record;
}

}  // namespace faulty
