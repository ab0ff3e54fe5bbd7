// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Lookup handles of the baselines, by the same scheme as the provider's: 20 bits of slot, 12 of
// generation, slots in chunks that never move, a reader's lock around a search.
#ifndef WINSOCK_NSP_BENCH_HANDLE_TABLE_H_
#define WINSOCK_NSP_BENCH_HANDLE_TABLE_H_

#include <windows.h>

#include <atomic>
#include <cstdint>

namespace bench {

// What a handle stands for; its owner allocates it with NewRecord.
struct Record {
  std::atomic<uint32_t> references;
};

template <typename T>
T* NewRecord() {
  auto* const record = static_cast<T*>(HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(T)));
  if (record != nullptr) {
    record->references.store(1, std::memory_order_relaxed);
  }
  return record;
}

inline void Release(Record* record) {
  if (record->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    HeapFree(GetProcessHeap(), 0, record);
  }
}

class HandleTable {
 public:
  // Takes over one reference. nullptr: no memory, no slot.
  HANDLE Add(Record* record) {
    AcquireSRWLockExclusive(&lock_);
    HANDLE handle = nullptr;
    if (first_free_ != 0 || Grow()) {
      const uint32_t index = first_free_ - 1;
      Slot* const slot = At(index);
      first_free_ = slot->next_free;
      slot->generation = 1 + generation_++ % kGenerations;
      slot->record = record;
      handle =
          reinterpret_cast<HANDLE>(static_cast<uintptr_t>(slot->generation << kSlotBits | index));
    }
    ReleaseSRWLockExclusive(&lock_);
    return handle;
  }

  // The living record with a reference of its own, or nullptr.
  Record* Find(HANDLE handle) {
    AcquireSRWLockShared(&lock_);
    Slot* const slot = Resolve(handle);
    Record* const record = slot == nullptr ? nullptr : slot->record;
    if (record != nullptr) {
      record->references.fetch_add(1, std::memory_order_relaxed);
    }
    ReleaseSRWLockShared(&lock_);
    return record;
  }

  // As Find, with the table's reference, and the handle is dead.
  Record* Remove(HANDLE handle) {
    AcquireSRWLockExclusive(&lock_);
    Slot* const slot = Resolve(handle);
    Record* const record = slot == nullptr ? nullptr : slot->record;
    if (record != nullptr) {
      slot->record = nullptr;
      slot->next_free = first_free_;
      first_free_ = (static_cast<uint32_t>(reinterpret_cast<uintptr_t>(handle)) & kSlotMask) + 1;
    }
    ReleaseSRWLockExclusive(&lock_);
    return record;
  }

 private:
  struct Slot {
    Record* record;
    uint32_t generation;
    uint32_t next_free;
  };
  static constexpr uint32_t kSlotBits = 20;
  static constexpr uint32_t kSlotMask = (1u << kSlotBits) - 1;
  static constexpr uint32_t kGenerations = 0xffe;
  static constexpr uint32_t kSlotsPerChunk = 1024;
  static constexpr uint32_t kChunks = 1024;

  Slot* At(uint32_t index) { return &chunks_[index / kSlotsPerChunk][index % kSlotsPerChunk]; }

  Slot* Resolve(HANDLE handle) {
    const auto value = reinterpret_cast<uintptr_t>(handle);
    const auto low = static_cast<uint32_t>(value);
    if (low != value || (low & kSlotMask) >= slots_) {
      return nullptr;
    }
    Slot* const slot = At(low & kSlotMask);
    return slot->record != nullptr && slot->generation == low >> kSlotBits ? slot : nullptr;
  }

  bool Grow() {
    const uint32_t chunk = slots_ / kSlotsPerChunk;
    if (chunk == kChunks) {
      return false;
    }
    auto* const slots = static_cast<Slot*>(
        HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, kSlotsPerChunk * sizeof(Slot)));
    if (slots == nullptr) {
      return false;
    }
    chunks_[chunk] = slots;
    for (uint32_t i = kSlotsPerChunk; i-- > 0;) {
      slots[i].next_free = first_free_;
      first_free_ = slots_ + i + 1;
    }
    slots_ += kSlotsPerChunk;
    return true;
  }

  SRWLOCK lock_ = SRWLOCK_INIT;  // guards all below
  Slot* chunks_[kChunks] = {};
  uint32_t slots_ = 0;
  uint32_t first_free_ = 0;
  uint32_t generation_ = 0;
};

}  // namespace bench

#endif  // WINSOCK_NSP_BENCH_HANDLE_TABLE_H_
