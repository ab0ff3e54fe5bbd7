// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See client_query.h.
#include "client_query.h"

#include <cstring>
#include <utility>

namespace nsp {
namespace {

LPWSTR TextOf(std::optional<std::wstring>& text) {
  return text ? text->data() : nullptr;
}

SOCKET_ADDRESS AddressOf(std::vector<uint8_t>& bytes) {
  if (bytes.empty()) return {nullptr, 0};
  return {reinterpret_cast<sockaddr*>(bytes.data()), static_cast<INT>(bytes.size())};
}

// A buffer that somebody else filled. Nothing in it is aligned for sure, so all is copied out.
class Reader {
 public:
  Reader(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  template <typename T>
  [[nodiscard]] bool Value(const void* from, T* value) const {
    if (!Holds(from, sizeof *value)) return false;
    std::memcpy(value, from, sizeof *value);
    return true;
  }

  // Element `index` of an array; its place is computed only after the whole array was found inside.
  template <typename T>
  [[nodiscard]] bool Element(const T* array, DWORD count, DWORD index, T* value) const {
    if (count > size_ / sizeof(T) || !Holds(array, count * sizeof(T))) return false;
    return Value(reinterpret_cast<const uint8_t*>(array) + index * sizeof(T), value);
  }

  [[nodiscard]] bool Copy(const void* from, size_t bytes, std::vector<uint8_t>* copy) const {
    if (!Holds(from, bytes)) return false;
    const auto* first = static_cast<const uint8_t*>(from);
    copy->assign(first, first + bytes);
    return true;
  }

  // Null is no text. A text without its end within the buffer is not one.
  [[nodiscard]] bool Text(const wchar_t* from, std::optional<std::wstring>* text) const {
    if (from == nullptr) return true;
    std::wstring read;
    const auto* place = reinterpret_cast<const uint8_t*>(from);
    for (wchar_t unit = 0; Value(place, &unit); place += sizeof unit) {
      if (unit == 0) {
        *text = std::move(read);
        return true;
      }
      read.push_back(unit);
    }
    return false;
  }

 private:
  [[nodiscard]] bool Holds(const void* from, size_t bytes) const {
    const auto start = reinterpret_cast<uintptr_t>(data_);
    const auto place = reinterpret_cast<uintptr_t>(from);
    if (place < start || place - start > size_) return false;
    return bytes <= size_ - (place - start);
  }

  const uint8_t* data_;
  size_t size_;
};

template <typename T>
bool ReadOptional(const Reader& reader, const T* from, std::optional<T>* value) {
  if (from == nullptr) return true;
  T read = {};
  if (!reader.Value(from, &read)) return false;
  *value = read;
  return true;
}

bool ReadSockaddr(const Reader& reader, const SOCKET_ADDRESS& from, std::vector<uint8_t>* bytes) {
  if (from.lpSockaddr == nullptr || from.iSockaddrLength == 0) return true;
  if (from.iSockaddrLength < 0) return false;
  return reader.Copy(from.lpSockaddr, static_cast<size_t>(from.iSockaddrLength), bytes);
}

bool ReadAddresses(const Reader& reader, const WSAQUERYSETW& query,
                   std::vector<ClientAddress>* addresses) {
  const DWORD count = query.lpcsaBuffer == nullptr ? 0 : query.dwNumberOfCsAddrs;
  for (DWORD i = 0; i < count; ++i) {
    CSADDR_INFO info = {};
    if (!reader.Element(query.lpcsaBuffer, count, i, &info)) return false;
    ClientAddress address;
    address.socket_type = info.iSocketType;
    address.protocol = info.iProtocol;
    if (!ReadSockaddr(reader, info.LocalAddr, &address.local) ||
        !ReadSockaddr(reader, info.RemoteAddr, &address.remote)) {
      return false;
    }
    addresses->push_back(std::move(address));
  }
  return true;
}

bool ReadBlob(const Reader& reader, const BLOB* from, std::optional<std::vector<uint8_t>>* bytes) {
  if (from == nullptr) return true;
  BLOB blob = {};
  if (!reader.Value(from, &blob)) return false;
  bytes->emplace();
  return blob.cbSize == 0 || reader.Copy(blob.pBlobData, blob.cbSize, &**bytes);
}

bool ReadProperty(const Reader& reader, const WSANSCLASSINFOW& from,
                  ClientClass::Property* property) {
  std::optional<std::wstring> name;
  if (!reader.Text(from.lpszName, &name)) return false;
  property->name = name.value_or(L"");
  property->name_space = from.dwNameSpace;
  property->type = from.dwValueType;
  return from.dwValueSize == 0 || reader.Copy(from.lpValue, from.dwValueSize, &property->value);
}

}  // namespace

QuerySetMemory::QuerySetMemory(ClientSet set) : set_(std::move(set)) {
  query_.dwSize = sizeof query_;
  query_.lpszServiceInstanceName = TextOf(set_.name);
  query_.lpszComment = TextOf(set_.comment);
  query_.lpszContext = TextOf(set_.context);
  query_.lpszQueryString = TextOf(set_.query_string);
  query_.dwNameSpace = set_.name_space;
  if (set_.service_class) query_.lpServiceClassId = &*set_.service_class;
  if (set_.provider) query_.lpNSProviderId = &*set_.provider;
  if (set_.version) {
    version_ = {*set_.version, COMP_EQUAL};
    query_.lpVersion = &version_;
  }
  if (set_.blob) {
    blob_ = {static_cast<ULONG>(set_.blob->size()), set_.blob->data()};
    query_.lpBlob = &blob_;
  }
  for (ClientAddress& address : set_.addresses) {
    addresses_.push_back({AddressOf(address.local), AddressOf(address.remote), address.socket_type,
                          address.protocol});
  }
  query_.dwNumberOfCsAddrs = static_cast<DWORD>(addresses_.size());
  query_.lpcsaBuffer = addresses_.empty() ? nullptr : addresses_.data();
}

bool ReadResult(const uint8_t* buffer, size_t size, ClientSet* set) {
  const Reader reader(buffer, size);
  WSAQUERYSETW query = {};
  if (!reader.Value(buffer, &query)) return false;
  set->name_space = query.dwNameSpace;
  set->flags = query.dwOutputFlags;
  std::optional<WSAVERSION> version;
  const bool read = reader.Text(query.lpszServiceInstanceName, &set->name) &&
                    reader.Text(query.lpszComment, &set->comment) &&
                    reader.Text(query.lpszContext, &set->context) &&
                    reader.Text(query.lpszQueryString, &set->query_string) &&
                    ReadOptional(reader, query.lpServiceClassId, &set->service_class) &&
                    ReadOptional(reader, query.lpNSProviderId, &set->provider) &&
                    ReadOptional(reader, query.lpVersion, &version) &&
                    ReadBlob(reader, query.lpBlob, &set->blob) &&
                    ReadAddresses(reader, query, &set->addresses);
  if (version) set->version = version->dwVersion;
  return read;
}

ClassMemory::ClassMemory(ClientClass info) : info_(std::move(info)) {
  for (ClientClass::Property& property : info_.properties) {
    WSANSCLASSINFOW entry = {};
    entry.lpszName = property.name.data();
    entry.dwNameSpace = property.name_space;
    entry.dwValueType = property.type;
    entry.dwValueSize = static_cast<DWORD>(property.value.size());
    entry.lpValue = property.value.empty() ? nullptr : property.value.data();
    properties_.push_back(entry);
  }
  head_.lpServiceClassId = &info_.id;
  head_.lpszServiceClassName = info_.name.data();
  head_.dwCount = static_cast<DWORD>(properties_.size());
  head_.lpClassInfos = properties_.empty() ? nullptr : properties_.data();
}

bool ReadClass(const uint8_t* buffer, size_t size, ClientClass* info) {
  const Reader reader(buffer, size);
  WSASERVICECLASSINFOW head = {};
  std::optional<std::wstring> name;
  if (!reader.Value(buffer, &head) || !reader.Value(head.lpServiceClassId, &info->id) ||
      !reader.Text(head.lpszServiceClassName, &name)) {
    return false;
  }
  info->name = name.value_or(L"");
  const DWORD count = head.lpClassInfos == nullptr ? 0 : head.dwCount;
  for (DWORD i = 0; i < count; ++i) {
    WSANSCLASSINFOW entry = {};
    ClientClass::Property property;
    if (!reader.Element(head.lpClassInfos, count, i, &entry) ||
        !ReadProperty(reader, entry, &property)) {
      return false;
    }
    info->properties.push_back(std::move(property));
  }
  return true;
}

}  // namespace nsp
