// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See call_table.h.
#include "call_table.h"

namespace nsp {

bool CallTable::Add(CallKey key, const Call& call) {
  if (!calls_.emplace(key, call).second) return false;
  due_.emplace(call.due, key);
  ++counts_[key.client];
  return true;
}

bool CallTable::Remove(CallKey key) {
  const auto found = calls_.find(key);
  if (found == calls_.end()) return false;
  Erase(found);
  return true;
}

void CallTable::RemoveLookup(uint32_t client, uint32_t lookup) {
  for (auto at = calls_.lower_bound({client, 0});
       at != calls_.end() && at->first.client == client;) {
    at = at->second.lookup == lookup ? Erase(at) : std::next(at);
  }
}

void CallTable::RemoveClient(uint32_t client) {
  for (auto at = calls_.lower_bound({client, 0});
       at != calls_.end() && at->first.client == client;) {
    at = Erase(at);
  }
}

std::optional<std::pair<CallKey, Call>> CallTable::TakeDue(Clock::time_point now) {
  if (due_.empty() || due_.begin()->first > now) return std::nullopt;
  const auto found = calls_.find(due_.begin()->second);
  std::pair<CallKey, Call> taken = *found;
  Erase(found);
  return taken;
}

std::optional<Clock::time_point> CallTable::NextDue() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

size_t CallTable::CountOf(uint32_t client) const {
  const auto found = counts_.find(client);
  return found == counts_.end() ? 0 : found->second;
}

CallTable::Calls::iterator CallTable::Erase(Calls::iterator at) {
  due_.erase({at->second.due, at->first});
  const auto count = counts_.find(at->first.client);
  if (--count->second == 0) counts_.erase(count);
  return calls_.erase(at);
}

}  // namespace nsp
