// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One answer of a lookup, as it travels from faulty-host.exe to faulty.dll.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bytes.h"

namespace faulty {

struct RecordAddress {
  uint32_t family = 0;  // AF_INET or AF_INET6
  uint32_t port = 0;
  uint32_t scope = 0;
  uint8_t bytes[16] = {};
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
  std::vector<RecordAddress> addresses;
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
  to->Number(static_cast<uint32_t>(record.addresses.size()));
  for (const RecordAddress& address : record.addresses) {
    to->Number(address.family);
    to->Number(address.port);
    to->Number(address.scope);
    to->Run(address.bytes, sizeof(address.bytes));
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
  const uint32_t count = from->Number();
  for (uint32_t i = 0; i < count && from->ok(); ++i) {
    RecordAddress address;
    address.family = from->Number();
    address.port = from->Number();
    address.scope = from->Number();
    const Bytes raw = from->Run();
    if (raw.size() == sizeof(address.bytes)) {
      std::memcpy(address.bytes, raw.data(), raw.size());
    }
    record.addresses.push_back(address);
  }
  return record;
}

}  // namespace faulty
