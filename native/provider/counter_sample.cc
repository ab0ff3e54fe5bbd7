// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See counter_sample.h.
#include "counter_sample.h"

#include "hash.h"

namespace nsp {
namespace {

bool CountersDiffer(const ControlMapping& mapping, const uint16_t* index, uint32_t count,
                    const uint32_t* values) {
  uint32_t now[kMaxSampled];
  mapping.ReadCounters(index, count, now);
  return std::memcmp(now, values, count * sizeof(*values)) != 0;
}

}  // namespace

// In the order of lib/wire/counters.ts. A name is walked from its end, where its suffixes begin.
void CounterSample::Choose(const FilterQuestion& question) {
  count_ = 0;
  Add(kCounterGlobal);
  Add(kCounterEntries + question.entry);
  if (question.service_class != nullptr) {
    constexpr uint32_t kUpperBits = 32 - kClassBits;
    Add(kCounterClasses + (HashGuid(question.service_class) >> kUpperBits));
  }
  const uint32_t before = count_;
  const uint32_t units = question.has_name ? question.key_units : 0;
  uint32_t hash = kHashStart;
  auto add_suffix = [&] {
    if (count_ - before <= kMaxSuffixes) {
      Add(kCounterSuffixes + hash % kSuffixBuckets);
    }
  };
  for (uint32_t at = units; at-- != 0;) {
    const uint16_t unit = question.key[at];
    if (unit == '.' && at + 1 != units) {
      add_suffix();  // what follows the dot
    }
    hash = HashStep(hash, unit);
  }
  if (units != 0) {
    add_suffix();
  }
  name_hash_ = hash;
  if (!question.has_name || count_ - before > kMaxSuffixes) {
    count_ = before;
    Add(kCounterAny);
  }
  if (question.has_name) {
    Add(kCounterNames + hash % kNameBuckets);
  }
}

bool CounterSample::Start(const ControlMapping& mapping, const FilterQuestion& question) {
  reported_ = false;
  Choose(question);
  if (!values_.Resize(kAll * count_ * sizeof(uint32_t))) {
    return false;
  }
  std::memset(kept_, kAtBegin, sizeof(kept_));
  Read(mapping, kAtBegin);
  return true;
}

void CounterSample::Read(const ControlMapping& mapping, Values which) {
  mapping.ReadCounters(index_, count_, Set(which));
}

bool CounterSample::Differs(const ControlMapping& mapping, Values which) const {
  return CountersDiffer(mapping, index_, count_, Of(which));
}

bool CounterSample::Dirty(const ControlMapping& mapping) const {
  return Differs(mapping, kSeen);
}

void CounterSample::Report(const ControlMapping& mapping) {
  Read(mapping, kReport);
  reported_ = true;
  reported_in_round_ = true;
}

void CounterSample::Acknowledge() {
  if (reported_) {
    Copy(kSeen, kReport);
    reported_ = false;
  }
}

void CounterSample::StartRound(const ControlMapping& mapping) {
  Read(mapping, kRound);
  reported_in_round_ = false;
}

bool CounterSample::ChangedSinceRound(const ControlMapping& mapping) const {
  return Differs(mapping, kRound);
}

void CounterSample::AcknowledgeRound(bool again) {
  if (again || (reported_ && reported_in_round_)) {
    Copy(kSeen, kRound);
  } else if (reported_) {
    Copy(kSeen, kReport);
  }
  reported_ = false;
}

void Subscription::Take(const CounterSample& sample) {
  count = sample.count();
  for (uint32_t i = 0; i < count; ++i) {
    index[i] = static_cast<uint16_t>(sample.index(i));
    seen[i] = sample.seen(i);
  }
}

void Subscription::Rebase(const ControlMapping& mapping) {
  mapping.ReadCounters(index, count, seen);
}

bool Subscription::Dirty(const ControlMapping& mapping) const {
  return CountersDiffer(mapping, index, count, seen);
}

}  // namespace nsp
