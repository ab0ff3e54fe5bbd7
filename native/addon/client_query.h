// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What WSAQUERYSETW and WSASERVICECLASSINFOW say, as values of our own, and the way there and back.
// No Node headers; no thread of its own.
#ifndef WINSOCK_NSP_ADDON_CLIENT_QUERY_H_
#define WINSOCK_NSP_ADDON_CLIENT_QUERY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "windows_headers.h"

namespace nsp {

struct ClientAddress {
  int socket_type = 0;
  int protocol = 0;
  std::vector<uint8_t> local;
  std::vector<uint8_t> remote;
};

// A restriction, a result or a registration.
struct ClientSet {
  std::optional<std::wstring> name;
  std::optional<std::wstring> comment;
  std::optional<std::wstring> context;
  std::optional<std::wstring> query_string;
  std::optional<GUID> service_class;
  std::optional<GUID> provider;
  std::optional<DWORD> version;
  std::optional<std::vector<uint8_t>> blob;
  std::vector<ClientAddress> addresses;
  DWORD name_space = NS_ALL;
  DWORD flags = 0;  // RESULT_IS_*
};

// A WSAQUERYSETW over a ClientSet. It points into this object, which therefore stays where it is.
class QuerySetMemory {
 public:
  explicit QuerySetMemory(ClientSet set);
  QuerySetMemory(const QuerySetMemory&) = delete;
  QuerySetMemory& operator=(const QuerySetMemory&) = delete;

  [[nodiscard]] WSAQUERYSETW* get() { return &query_; }

 private:
  ClientSet set_;
  WSAVERSION version_ = {};
  BLOB blob_ = {};
  std::vector<CSADDR_INFO> addresses_;
  WSAQUERYSETW query_ = {};
};

// Reads a result of `size` bytes. The provider that wrote it may be anybody's: false if anything
// that it points to lies outside of the buffer.
[[nodiscard]] bool ReadResult(const uint8_t* buffer, size_t size, ClientSet* set);

struct ClientClass {
  struct Property {
    std::wstring name;
    DWORD name_space = 0;
    DWORD type = 0;
    std::vector<uint8_t> value;
  };

  GUID id = {};
  std::wstring name;
  std::vector<Property> properties;
};

// A WSASERVICECLASSINFOW over a ClientClass, as QuerySetMemory.
class ClassMemory {
 public:
  explicit ClassMemory(ClientClass info);
  ClassMemory(const ClassMemory&) = delete;
  ClassMemory& operator=(const ClassMemory&) = delete;

  [[nodiscard]] WSASERVICECLASSINFOW* get() { return &head_; }

 private:
  ClientClass info_;
  std::vector<WSANSCLASSINFOW> properties_;
  WSASERVICECLASSINFOW head_ = {};
};

// As ReadResult.
[[nodiscard]] bool ReadClass(const uint8_t* buffer, size_t size, ClientClass* info);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CLIENT_QUERY_H_
