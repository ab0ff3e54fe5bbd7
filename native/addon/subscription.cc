// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See subscription.h.
#include "subscription.h"

#include <algorithm>

namespace nsp {

void Subscriptions::Add(uint32_t index, uint32_t sequence) {
  uint32_t& highest = sequences_[index];
  highest = std::max(highest, sequence);
}

void Subscriptions::Take(uint32_t index, std::vector<ChangeItem>* items) {
  const auto found = sequences_.find(index);
  if (found == sequences_.end()) return;
  items->push_back({index, found->second});
  sequences_.erase(found);
}

}  // namespace nsp
