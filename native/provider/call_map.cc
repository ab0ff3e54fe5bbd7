// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See call_map.h; calls and their events.
#include "call_map.h"

namespace nsp {

Call::~Call() {
  GiveEvents();
}

bool Call::TakeEvents(EventPool* pool) {
  pool_ = pool;
  return pool->Take(&events);
}

void Call::GiveEvents() {
  if (pool_ != nullptr) {
    std::exchange(pool_, nullptr)->Give(&events);
  }
}

void CallMap::Add(Call* call) {
  if (++count_ > size_ * 2) {
    Grow();
  }
  Link(call);
}

Call* CallMap::Find(uint32_t id) const {
  Call* call = chains_[id & (size_ - 1)];
  while (call != nullptr && call->id != id) {
    call = call->next;
  }
  return call;
}

bool CallMap::Remove(const Call* call) {
  for (Call** at = &chains_[call->id & (size_ - 1)]; *at != nullptr; at = &(*at)->next) {
    if (*at == call) {
      *at = call->next;
      --count_;
      return true;
    }
  }
  return false;
}

Call* CallMap::TakeAll() {
  Call* all = nullptr;
  for (uint32_t i = 0; i < size_; ++i) {
    while (Call* call = chains_[i]) {
      chains_[i] = std::exchange(call->next, all);
      all = call;
    }
  }
  count_ = 0;
  return all;
}

void CallMap::Link(Call* call) {
  Call** chain = &chains_[call->id & (size_ - 1)];
  call->next = *chain;
  *chain = call;
}

// Without memory the chains grow longer instead.
void CallMap::Grow() {
  uint32_t size = size_ * 4;
  auto** chains = static_cast<Call**>(Allocate(size * sizeof(Call*)));
  if (chains == nullptr) {
    return;
  }
  uint32_t count = count_;
  Call* all = TakeAll();
  FreeChains();
  chains_ = chains;
  size_ = size;
  count_ = count;
  while (Call* call = all) {
    all = call->next;
    Link(call);
  }
}

void CallMap::FreeChains() {
  if (chains_ != first_chains_) {
    Free(chains_);
  }
}

}  // namespace nsp
