// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// getaddrinfo and its relatives without their structures: one request, one list of addresses, for
// the ANSI, Unicode and Ex forms alike.
#ifndef RIG_NAME_LIST_H_
#define RIG_NAME_LIST_H_

#include <optional>
#include <string>
#include <vector>

#include "resolve.h"
#include <ws2tcpip.h>

namespace rig {

struct NameHints {
  int flags = 0;
  int family = AF_UNSPEC;
  int socktype = 0;
  int protocol = 0;
};

struct NameRequest {
  std::optional<std::wstring> node;
  std::optional<std::wstring> service;
  std::optional<NameHints> hints;
  std::optional<GUID> provider;  // ask this one alone
  DWORD name_space = NS_DNS;
  bool ansi = false;
};

struct NameItem {
  NameHints kind;
  SOCKADDR_STORAGE address{};
  int address_size = 0;
  std::optional<std::wstring> canonical;
  std::optional<GUID> provider;
};
using NameList = std::vector<NameItem>;

// The result of getaddrinfo: 0 or the code, which is also left as the thread's last error.
int ResolveNames(const NameRequest& request, NameList* list, Interrupt* interrupt = nullptr);

// Puts addresses that can't be reached last, and among the others the better scope first, as RFC
// 6724 and Windows do; equal ones stay in the order in which providers gave them.
void SortAddresses(NameList* list);

}  // namespace rig

#endif  // RIG_NAME_LIST_H_
