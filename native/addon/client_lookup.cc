// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See client_lookup.h.
#include "client_lookup.h"

#include <atomic>
#include <mutex>
#include <set>
#include <vector>

#include "client_pool.h"

namespace nsp {
namespace {

std::atomic<long> g_open = 0;

// Handles that were ended while a call was about to use them. Winsock may give such a value to the
// next lookup, and the call would then read that one's results: so those values are kept from use.
struct Stale {
  std::mutex mutex;  // guards the set, and ended_ and uses_ of every lookup
  std::multiset<HANDLE> handles;
};

// Never destroyed: pool threads outlive static objects.
Stale& GetStale() {
  static Stale* const stale = new Stale;
  return *stale;
}

bool IsStale(HANDLE handle) {
  Stale& stale = GetStale();
  const std::lock_guard lock(stale.mutex);
  return stale.handles.contains(handle);
}

// A handle that nothing stale can reach.
Status BeginFresh(WSAQUERYSETW* query, DWORD flags, HANDLE* handle) {
  std::vector<HANDLE> aside;
  Status status;
  for (;;) {
    *handle = nullptr;
    if (WSALookupServiceBeginW(query, flags, handle) != 0) {
      status = Status::LastWinsock("WSALookupServiceBeginW");
      break;
    }
    if (!IsStale(*handle)) break;
    aside.push_back(*handle);
  }
  for (HANDLE unused : aside) {
    (void)WSALookupServiceEnd(unused);
  }
  return status;
}

}  // namespace

Status ClientLookup::Begin(const ClientSet& query, DWORD flags,
                           std::shared_ptr<ClientLookup>* lookup) {
  QuerySetMemory memory(query);
  HANDLE handle = nullptr;
  const Status status = BeginFresh(memory.get(), flags, &handle);
  if (status.ok()) *lookup = std::make_shared<ClientLookup>(handle);
  return status;
}

ClientLookup::ClientLookup(HANDLE handle) : handle_(handle) {
  ++g_open;
}

ClientLookup::~ClientLookup() {
  EndSoon();
}

bool ClientLookup::TakeEnd() {
  Stale& stale = GetStale();
  const std::lock_guard lock(stale.mutex);
  if (ended_) return false;
  ended_ = true;
  if (uses_ > 0) stale.handles.insert(handle_);
  return true;
}

void ClientLookup::End() {
  if (!TakeEnd()) return;
  (void)WSALookupServiceEnd(handle_);
  --g_open;
}

void ClientLookup::EndSoon() {
  if (!TakeEnd()) return;
  const auto end = [handle = handle_] {
    (void)WSALookupServiceEnd(handle);
    --g_open;
  };
  ClientPool* pool = nullptr;
  // Without memory for another thread this one has to do it.
  if (!ClientPool::Get(&pool).ok() || !pool->RunSoon(end).ok()) end();
}

bool ClientLookup::ended() const {
  const std::lock_guard lock(GetStale().mutex);
  return ended_;
}

bool ClientLookup::Enter() {
  const std::lock_guard lock(GetStale().mutex);
  if (ended_) return false;
  ++uses_;
  return true;
}

void ClientLookup::Leave() {
  Stale& stale = GetStale();
  const std::lock_guard lock(stale.mutex);
  if (--uses_ > 0 || !ended_) return;
  const auto found = stale.handles.find(handle_);
  if (found != stale.handles.end()) stale.handles.erase(found);
}

ClientLookup::Use::Use(ClientLookup& lookup) : lookup_(lookup), entered_(lookup.Enter()) {}

ClientLookup::Use::~Use() {
  if (entered_) lookup_.Leave();
}

long ClientLookup::open() {
  return g_open;
}

}  // namespace nsp
