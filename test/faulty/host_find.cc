// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Which records answer a lookup: by name, by address, by service, or all of an entry.
#include "host.h"

namespace faulty {
namespace {

// 10.1.0.1 of either form in which a reverse lookup comes; empty if it is none.
std::wstring AddressAsked(const Question& question) {
  const std::wstring end = L".in-addr.arpa";
  const std::wstring& key = question.key;
  if (KindOf(question.service_class) == Kind::kHostByAddress) return key;
  if (key.size() <= end.size() || key.compare(key.size() - end.size(), end.size(), end) != 0) {
    return {};
  }
  std::wstring turned;
  std::wstring rest = key.substr(0, key.size() - end.size());
  for (size_t dot = rest.rfind(L'.'); dot != std::wstring::npos; dot = rest.rfind(L'.')) {
    turned += rest.substr(dot + 1) + L".";
    rest.resize(dot);
  }
  return turned + rest;
}

void FindByAddress(const std::wstring& text, std::vector<Record>* found) {
  RecordAddress wanted;
  if (!ParseAddress(Utf8(text), &wanted)) return;
  for (const HostRecord& candidate : TheHost().records) {
    for (const RecordAddress& address : candidate.record.addresses) {
      if (address.family() != AF_INET) continue;
      if (address.remote == wanted.remote) found->push_back(candidate.record);
      break;
    }
  }
  if (found->size() > 1) found->resize(1);
}

void FindService(const std::wstring& key, std::vector<Record>* found) {
  if (key != L"nspecho/tcp" && key != L"7007/tcp") return;
  Record record;
  record.name = L"nspecho";
  record.aliases = {L"nsp-echo"};
  GUID id;
  ParseGuid("00091b5f-0000-0000-c000-000000000046", &id);  // SVCID_TCP(7007)
  record.has_class = true;
  record.service_class = BytesOf(&id, sizeof(id));
  found->push_back(record);
}

void FindMany(const std::wstring& many, std::vector<Record>* found) {
  for (int i = 0; i < 40; ++i) {
    Record record;
    record.name = L"n" + std::to_wstring(i) + L"." + many;
    record.blob.assign(3000, static_cast<uint8_t>(i));
    RecordAddress address;
    ParseAddress("10.2.0." + std::to_string(i), &address);
    record.addresses.push_back(address);
    found->push_back(record);
  }
}

// A class of the client's own must be the object's; those of the name functions fit any.
bool ClassFits(const Question& question, const Record& object) {
  if (!question.has_class || KindOf(question.service_class) != Kind::kOther) return true;
  return object.service_class == BytesOf(&question.service_class, sizeof(GUID));
}

void FindRegistered(const Question& question, std::vector<Record>* found) {
  if (!kEntryTable[question.entry].registers) return;
  for (const auto& [key, object] : TheHost().registry) {
    if (question.has_name && KeyOf(object.name) != question.key) continue;
    if (ClassFits(question, object)) found->push_back(object);
  }
}

}  // namespace

void FindRecords(const Question& question, std::vector<Record>* found) {
  const std::wstring many = L"many.nsp.test";
  if (question.has_name && question.key == many) return FindMany(many, found);
  if (question.has_class && KindOf(question.service_class) == Kind::kServiceByName) {
    return FindService(question.key, found);
  }
  if (const std::wstring address = AddressAsked(question); !address.empty()) {
    return FindByAddress(address, found);
  }
  for (const HostRecord& candidate : TheHost().records) {
    if (!(candidate.entry_mask & (1 << question.entry))) continue;
    if (question.has_name && KeyOf(candidate.record.name) != question.key) continue;
    found->push_back(candidate.record);
  }
  FindRegistered(question, found);
}

}  // namespace faulty
