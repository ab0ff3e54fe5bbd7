// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The calls that clients wait for, each with the moment when the addon answers in JavaScript's
// stead. Not locked: PipeServer's lock guards it.
#ifndef WINSOCK_NSP_ADDON_CALL_TABLE_H_
#define WINSOCK_NSP_ADDON_CALL_TABLE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace nsp {

using Clock = std::chrono::steady_clock;

// Numbers of a client and of a call among its living ones.
struct CallKey {
  uint32_t client = 0;
  uint32_t call = 0;
  auto operator<=>(const CallKey&) const = default;
};

struct Call {
  uint16_t kind = 0;  // of a frame that IsCall
  uint32_t lookup = 0;
  Clock::time_point due;
};

class CallTable {
 public:
  // False: the number belongs to a living call.
  [[nodiscard]] bool Add(CallKey key, const Call& call);

  // Takes a call out. False: it is not (or no longer) there.
  bool Remove(CallKey key);
  void RemoveLookup(uint32_t client, uint32_t lookup);
  void RemoveClient(uint32_t client);

  // Takes out one call that is due.
  [[nodiscard]] std::optional<std::pair<CallKey, Call>> TakeDue(Clock::time_point now);

  // When the next call is due; nothing if none waits.
  [[nodiscard]] std::optional<Clock::time_point> NextDue() const;

  [[nodiscard]] size_t CountOf(uint32_t client) const;
  [[nodiscard]] size_t size() const { return calls_.size(); }

 private:
  using Calls = std::map<CallKey, Call>;  // in order: a client's calls lie beside each other

  Calls::iterator Erase(Calls::iterator at);

  Calls calls_;
  std::set<std::pair<Clock::time_point, CallKey>> due_;
  std::map<uint32_t, size_t> counts_;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CALL_TABLE_H_
