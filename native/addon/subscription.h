// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Which counters one client waits for. However many requests it has, it costs one number a counter.
// Not locked: PipeServer's lock guards it.
#ifndef WINSOCK_NSP_ADDON_SUBSCRIPTION_H_
#define WINSOCK_NSP_ADDON_SUBSCRIPTION_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wire.h"

namespace nsp {

class Subscriptions {
 public:
  // Waits for `index` (of a counter, by the check of the frame) on behalf of the requests up to
  // `sequence`.
  void Add(uint32_t index, uint32_t sequence);

  // Uses up what waits for `index` and says with which sequence; appends nothing if nothing waits.
  void Take(uint32_t index, std::vector<ChangeItem>* items);

  [[nodiscard]] size_t size() const { return waiting_.count(); }

 private:
  std::bitset<kCounterCount> waiting_;
  std::vector<uint32_t> sequences_;  // by index; made by the first Add
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_SUBSCRIPTION_H_
