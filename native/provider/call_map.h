// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The calls that await an answer, by their numbers. Numbers rise by one, so they spread evenly.
#ifndef WINSOCK_NSP_PROVIDER_CALL_MAP_H_
#define WINSOCK_NSP_PROVIDER_CALL_MAP_H_

#include "call.h"

namespace nsp {

class CallMap {
 public:
  CallMap() = default;
  ~CallMap() { FreeChains(); }
  CallMap(const CallMap&) = delete;
  CallMap& operator=(const CallMap&) = delete;

  void Add(Call* call) {
    if (++count_ > size_ * 2) {
      Grow();
    }
    Link(call);
  }
  // nullptr: there is no such call.
  Call* Find(uint32_t id) const {
    Call* call = chains_[id & (size_ - 1)];
    while (call != nullptr && call->id != id) {
      call = call->next;
    }
    return call;
  }
  // False: it is not there.
  bool Remove(const Call* call) {
    for (Call** at = &chains_[call->id & (size_ - 1)]; *at != nullptr; at = &(*at)->next) {
      if (*at == call) {
        *at = call->next;
        --count_;
        return true;
      }
    }
    return false;
  }
  // Empties the map; what was in it is linked by `next`.
  Call* TakeAll() {
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

 private:
  static constexpr uint32_t kFirstChains = 16;

  void Link(Call* call) {
    Call** chain = &chains_[call->id & (size_ - 1)];
    call->next = *chain;
    *chain = call;
  }
  // Without memory the chains grow longer instead.
  void Grow() {
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
  void FreeChains() {
    if (chains_ != first_chains_) {
      Free(chains_);
    }
  }

  Call* first_chains_[kFirstChains] = {};
  Call** chains_ = first_chains_;
  uint32_t size_ = kFirstChains;  // a power of 2
  uint32_t count_ = 0;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_CALL_MAP_H_
