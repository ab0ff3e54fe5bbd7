// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A handle has 20 bits of slot and 12 of generation, also in 64-bit processes: one format to test.
#include "lookup_table.h"

#include "lookup.h"

namespace nsp {
namespace {

// Generations run from 1 to 0xffe: no handle is 0 or -1.
constexpr uint32_t kGenerations = 0xffe;

// Goes on across Startup and Cleanup, so that a handle of an earlier life is not one of this. The
// module's lock guards it, as it does every table.
uint32_t next_generation;

uint32_t NewGeneration() {
  return 1 + next_generation++ % kGenerations;
}

}  // namespace

LookupTable::~LookupTable() {
  for (uint32_t i = 0; i < slots_; i += kSlotsPerChunk) {
    Free(chunks_[i / kSlotsPerChunk]);
  }
  Free(chunks_);
}

bool LookupTable::Grow() {
  if (chunks_ == nullptr) {
    chunks_ = static_cast<Slot**>(Allocate(kChunks * sizeof(Slot*)));
  }
  uint32_t chunk = slots_ / kSlotsPerChunk;
  if (chunks_ == nullptr || chunk == kChunks) {
    return false;
  }
  auto* slots = static_cast<Slot*>(Allocate(kSlotsPerChunk * sizeof(Slot)));
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

HANDLE LookupTable::Add(Ref<Lookup> lookup) {
  ExclusiveLock lock(lock_);
  if (closed_ || (first_free_ == 0 && !Grow())) {
    return nullptr;
  }
  uint32_t index = first_free_ - 1;
  Slot* slot = At(index);
  first_free_ = slot->next_free;
  slot->generation = NewGeneration();
  slot->lookup = lookup.Detach();
  return reinterpret_cast<HANDLE>(static_cast<uintptr_t>(slot->generation << kSlotBits | index));
}

// Needs the lock exclusively.
Ref<Lookup> LookupTable::Take(uint32_t index) {
  Slot* slot = At(index);
  slot->next_free = first_free_;
  first_free_ = index + 1;
  return Ref<Lookup>::Adopt(std::exchange(slot->lookup, nullptr));
}

Ref<Lookup> LookupTable::Remove(HANDLE handle) {
  uint32_t index = 0;
  return Resolve(handle, &index) == nullptr ? Ref<Lookup>() : Take(index);
}

void LookupTable::EndEntry(uint32_t entry) {
  uint32_t index = 0;
  for (;;) {
    Ref<Lookup> found;
    {
      ExclusiveLock lock(lock_);
      for (; index < slots_ && !found; ++index) {
        Lookup* lookup = At(index)->lookup;
        if (lookup != nullptr && (entry == kMaxEntries || lookup->entry() == entry)) {
          found = Take(index);
        }
      }
    }
    if (!found) {
      return;
    }
    found->End();
  }
}

void LookupTable::EndAll() {
  {
    // A Begin that is still on its way must not put a lookup where nobody would end it.
    ExclusiveLock lock(lock_);
    closed_ = true;
  }
  EndEntry(kMaxEntries);
}

}  // namespace nsp
