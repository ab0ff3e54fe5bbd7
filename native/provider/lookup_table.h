// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Lookup handles: a slot and a generation, never a pointer, so that junk and ended handles are
// recognised.
#ifndef WINSOCK_NSP_PROVIDER_LOOKUP_TABLE_H_
#define WINSOCK_NSP_PROVIDER_LOOKUP_TABLE_H_

#include "memory.h"
#include "switches.h"

namespace nsp {

class Lookup;

class LookupTable {
 public:
  // Guarded by a lock of the module's, so that a handle is found under one lock.
  explicit LookupTable(SRWLOCK* lock) : lock_(lock) {}
  ~LookupTable();
  LookupTable(const LookupTable&) = delete;
  LookupTable& operator=(const LookupTable&) = delete;

  // A handle for `lookup`, never 0 or -1; nullptr if memory or slots are used up, or after EndAll.
  // Takes the reference over: the lookup, and this table with it, may be gone when it returns.
  HANDLE Add(Ref<Lookup> lookup);
  // The living lookup of a handle; nullptr for junk. Needs the lock, at least shared; without a
  // reference it lives no longer than that.
  Lookup* Find(HANDLE handle) {
    uint32_t index = 0;
    Slot* slot = Resolve(handle, &index);
    return slot == nullptr ? nullptr : slot->lookup;
  }
  // As Find, but needs the lock exclusively, and the handle is dead afterwards.
  Ref<Lookup> Remove(HANDLE handle);

  // Removes and ends all, or those of one entry.
  void EndAll();
  void EndEntry(uint32_t entry);

 private:
  struct Slot {
    Lookup* lookup;  // one reference
    uint32_t generation;
    uint32_t next_free;  // index + 1; 0: none
  };
  static constexpr uint32_t kSlotBits = 20;
  static constexpr uint32_t kSlotMask = (1u << kSlotBits) - 1;
  static constexpr uint32_t kSlotsPerChunk = 1024;
  static constexpr uint32_t kChunks = 1024;

  Slot* At(uint32_t index) { return &chunks_[index / kSlotsPerChunk][index % kSlotsPerChunk]; }
  Slot* Resolve(HANDLE handle, uint32_t* index) {
    auto value = reinterpret_cast<uintptr_t>(handle);
    auto low = static_cast<uint32_t>(value);
    *index = low & kSlotMask;
    if (low != value || *index >= slots_) {
      return nullptr;
    }
    Slot* slot = At(*index);
    bool same = slot->generation == low >> kSlotBits || SwitchedOff("generation");
    return slot->lookup != nullptr && same ? slot : nullptr;
  }
  bool Grow();
  Ref<Lookup> Take(uint32_t index);

  SRWLOCK* const lock_;  // guards all below
  Slot** chunks_ = nullptr;
  uint32_t slots_ = 0;
  uint32_t first_free_ = 0;
  bool closed_ = false;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_LOOKUP_TABLE_H_
