// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The directory below reg.nsp.test: objects that clients register, each a name and a class.
#include <algorithm>

#include "host.h"

namespace faulty {
namespace {

constexpr uint32_t kRegister = 0, kDeregister = 1;

std::wstring ObjectKey(const Record& service) {
  GUID id = {};
  std::memcpy(&id, service.service_class.data(),
              std::min(service.service_class.size(), sizeof(id)));
  return KeyOf(service.name) + L"|" + Wide(GuidText(id));
}

bool IsBelow(const std::wstring& key, const std::wstring& suffix) {
  return key.size() > suffix.size() &&
         key.compare(key.size() - suffix.size(), suffix.size(), suffix) == 0;
}

void Add(const std::vector<RecordAddress>& more, std::vector<RecordAddress>* addresses) {
  for (const RecordAddress& address : more) {
    if (std::find(addresses->begin(), addresses->end(), address) == addresses->end()) {
      addresses->push_back(address);
    }
  }
}

void Subtract(const std::vector<RecordAddress>& fewer, std::vector<RecordAddress>* addresses) {
  std::erase_if(*addresses, [&](const RecordAddress& address) {
    return std::find(fewer.begin(), fewer.end(), address) != fewer.end();
  });
}

void Register(bool multiple, const Record& service, Record* object) {
  std::vector<RecordAddress> addresses;
  if (multiple) addresses = object->addresses;
  Add(service.addresses, &addresses);
  *object = service;
  object->addresses = std::move(addresses);
}

}  // namespace

uint32_t ApplyChange(uint32_t operation, bool multiple, const Record& service) {
  Host& host = TheHost();
  const std::wstring key = KeyOf(service.name);
  if (service.name.empty() || !service.has_class) return WSAEINVAL;
  if (operation == kRegister && service.addresses.empty()) return WSAEINVAL;
  if (key == L"denied.reg.nsp.test" || !IsBelow(key, L".reg.nsp.test")) return WSAEACCES;
  const std::wstring at = ObjectKey(service);
  if (operation == kRegister) {
    Register(multiple, service, &host.registry[at]);
  } else {
    const auto object = host.registry.find(at);
    if (object == host.registry.end()) return WSASERVICE_NOT_FOUND;
    std::vector<RecordAddress>& addresses = object->second.addresses;
    if (multiple) {
      Subtract(service.addresses, &addresses);
    } else {
      addresses.clear();
    }
    if (operation != kDeregister && addresses.empty()) host.registry.erase(object);
  }
  Raise({{"name", Utf8(service.name)}});
  return 0;
}

}  // namespace faulty
