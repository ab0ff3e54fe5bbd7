// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The table from client handles to queries; see query.h.
#include <map>

#include "query.h"

namespace rig {
namespace {

// Numbers are not used twice in a process, so an ended handle stays invalid.
constexpr ULONG_PTR kFirstHandle = 0x4e530010;
constexpr ULONG_PTR kStep = 8;

struct Table {
  SRWLOCK lock = SRWLOCK_INIT;  // guards both members
  std::map<HANDLE, std::shared_ptr<Query>> queries;
  ULONG_PTR next = kFirstHandle;
};

// Never destroyed: other threads may still be inside at process exit.
Table& TheTable() {
  static Table& table = *new Table;
  return table;
}

}  // namespace

HANDLE AddQuery(std::shared_ptr<Query> query) {
  Table& table = TheTable();
  ExclusiveLock lock(&table.lock);
  const HANDLE handle = reinterpret_cast<HANDLE>(table.next);
  table.next += kStep;
  table.queries.emplace(handle, std::move(query));
  return handle;
}

std::shared_ptr<Query> FindQuery(HANDLE handle) {
  Table& table = TheTable();
  ExclusiveLock lock(&table.lock);
  const auto found = table.queries.find(handle);
  return found == table.queries.end() ? nullptr : found->second;
}

std::shared_ptr<Query> RemoveQuery(HANDLE handle) {
  Table& table = TheTable();
  ExclusiveLock lock(&table.lock);
  const auto found = table.queries.find(handle);
  if (found == table.queries.end()) return nullptr;
  std::shared_ptr<Query> query = std::move(found->second);
  table.queries.erase(found);
  return query;
}

void ForgetQueries() {
  // Declared first, so that it is destroyed after the lock is let go.
  std::map<HANDLE, std::shared_ptr<Query>> dropped;
  Table& table = TheTable();
  ExclusiveLock lock(&table.lock);
  dropped.swap(table.queries);
}

}  // namespace rig
