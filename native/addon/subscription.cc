// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See subscription.h.
#include "subscription.h"

#include <algorithm>

namespace nsp {

void Subscriptions::Add(uint32_t index, uint32_t sequence) {
  if (sequences_.empty()) sequences_.resize(kCounterCount);
  uint32_t& highest = sequences_[index];
  highest = waiting_.test(index) ? std::max(highest, sequence) : sequence;
  waiting_.set(index);
}

void Subscriptions::Take(uint32_t index, std::vector<ChangeItem>* items) {
  if (!waiting_.test(index)) return;
  items->push_back({index, sequences_[index]});
  waiting_.reset(index);
}

}  // namespace nsp
