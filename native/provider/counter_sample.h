// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The change counters that concern one query, and what of them its handle has seen.
// docs/protocol.md lists which.
#ifndef WINSOCK_NSP_PROVIDER_COUNTER_SAMPLE_H_
#define WINSOCK_NSP_PROVIDER_COUNTER_SAMPLE_H_

#include <cstring>

#include "control_view.h"
#include "filter.h"

namespace nsp {

// global, entry, name or any, class, suffixes.
inline constexpr uint32_t kMaxSampled = 4 + kMaxSuffixes;

// Not synchronised: the lookup that owns it guards it.
class CounterSample {
 public:
  // Chooses the counters of a query and takes their first values ("seen").
  // False: a name of many labels, and no memory for its values.
  [[nodiscard]] bool Start(const ControlMapping& mapping, const FilterQuestion& question);

  uint32_t count() const { return count_; }
  uint32_t index(uint32_t i) const { return index_[i]; }
  uint32_t at_begin(uint32_t i) const { return Of(kAtBegin)[i]; }
  uint32_t at_next(uint32_t i) const { return Of(kAtNext)[i]; }
  const uint32_t* at_next() const { return Of(kAtNext); }
  uint32_t seen(uint32_t i) const { return Of(kSeen)[i]; }
  // Of the name's key; of no bytes if there is none.
  uint32_t name_hash() const { return name_hash_; }

  [[nodiscard]] bool Dirty(const ControlMapping& mapping) const;
  // A completion, or a poll that answered 0, told the client of the changes up to now.
  void Report(const ControlMapping& mapping);
  // Next answered WSA_E_NO_MORE: what was reported is seen. Later and unreported changes stay
  // dirty.
  void Acknowledge();

  // Feeds. A round is one run of the host's lookup, from its first frame to its last batch. To be
  // called before that frame is sent: what changes later may or may not be in its results.
  void StartRound(const ControlMapping& mapping);
  [[nodiscard]] bool ChangedSinceRound(const ControlMapping& mapping) const;
  // A round was read to its end. The first is acknowledged like any lookup, but never beyond its
  // start; `again`: the results of a later one are themselves the report.
  void AcknowledgeRound(bool again);

  // What a provider with `stillValid` is told: the counters at the last Next.
  void NoteNext(const ControlMapping& mapping) { Read(mapping, kAtNext); }

 private:
  // At first all but kReport, which is set when something is reported, are those at Begin.
  enum Values : uint8_t { kAtBegin, kAtNext, kSeen, kReport, kRound, kAll };
  // A name of four labels and its class: a handle should weigh little.
  static constexpr uint32_t kInlineCounters = 8;

  void Add(uint32_t index) { index_[count_++] = static_cast<uint16_t>(index); }
  // Values that are about to be set.
  uint32_t* Set(Values which) {
    kept_[which] = which;
    return reinterpret_cast<uint32_t*>(values_.data()) + which * count_;
  }
  const uint32_t* Of(Values which) const {
    return reinterpret_cast<const uint32_t*>(values_.data()) + kept_[which] * count_;
  }
  void Copy(Values to, Values from) {
    const uint32_t* const values = Of(from);
    std::memcpy(Set(to), values, count_ * sizeof(*values));
  }
  void Choose(const FilterQuestion& question);
  void Read(const ControlMapping& mapping, Values which);
  bool Differs(const ControlMapping& mapping, Values which) const;

  uint32_t count_ = 0;
  uint32_t name_hash_ = 0;
  bool reported_ = false;
  bool reported_in_round_ = false;  // the report came after StartRound
  uint8_t kept_[kAll] = {};  // where each of the values are: their own place, or that of kAtBegin
  uint16_t index_[kMaxSampled];
  InlineBuffer<kAll * kInlineCounters * sizeof(uint32_t)> values_;  // count_ of each
};

// What a request waits for: the counters of its handle, and the values that it knows.
struct Subscription {
  uint32_t count = 0;
  uint16_t index[kMaxSampled];
  uint32_t seen[kMaxSampled];

  void Take(const CounterSample& sample);
  // Takes the present values, for a request that the provider itself vouched for.
  void Rebase(const ControlMapping& mapping);
  [[nodiscard]] bool Dirty(const ControlMapping& mapping) const;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_COUNTER_SAMPLE_H_
