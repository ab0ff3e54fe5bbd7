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

  void Add(Call* call);
  // nullptr: there is no such call.
  Call* Find(uint32_t id) const;
  // False: it is not there.
  bool Remove(const Call* call);
  // Empties the map; what was in it is linked by `next`.
  Call* TakeAll();

 private:
  static constexpr uint32_t kFirstChains = 16;

  void Link(Call* call);
  void Grow();
  void FreeChains();

  Call* first_chains_[kFirstChains] = {};
  Call** chains_ = first_chains_;
  uint32_t size_ = kFirstChains;  // a power of 2
  uint32_t count_ = 0;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_CALL_MAP_H_
