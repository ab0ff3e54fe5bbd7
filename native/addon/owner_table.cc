// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See owner_table.h.
#include "owner_table.h"

#include <algorithm>

namespace nsp {
namespace {

constexpr size_t kFirstSlots = 16;

}  // namespace

size_t OwnerTable::Home(uint32_t offset) const {
  // The slots are a power of two; records lie at multiples of 8.
  return (uint64_t{offset} / 8 * 0x9e3779b97f4a7c15u >> 32) & (slots_.size() - 1);
}

size_t OwnerTable::Probe(uint32_t offset) const {
  size_t at = Home(offset);
  while (slots_[at].offset != 0 && slots_[at].offset != offset)
    at = (at + 1) & (slots_.size() - 1);
  return at;
}

void OwnerTable::Grow() {
  std::vector<Slot> old(slots_.empty() ? kFirstSlots : slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.offset != 0) slots_[Probe(slot.offset)] = slot;
  }
}

void OwnerTable::Set(uint32_t offset, uint32_t owner) {
  if ((size_ + 1) * 4 > slots_.size() * 3) Grow();
  Slot& slot = slots_[Probe(offset)];
  if (slot.offset == 0) ++size_;
  slot = {offset, owner};
}

void OwnerTable::Erase(uint32_t offset) {
  if (slots_.empty()) return;
  size_t hole = Probe(offset);
  if (slots_[hole].offset == 0) return;
  slots_[hole] = {};
  --size_;
  // What was probed past the hole moves up into it, so that no probe ends too early.
  const size_t mask = slots_.size() - 1;
  for (size_t at = (hole + 1) & mask; slots_[at].offset != 0; at = (at + 1) & mask) {
    const size_t from_home = (at - Home(slots_[at].offset)) & mask;
    if (from_home < ((at - hole) & mask)) continue;
    std::swap(slots_[hole], slots_[at]);
    hole = at;
  }
}

const uint32_t* OwnerTable::Find(uint32_t offset) const {
  if (slots_.empty()) return nullptr;
  const Slot& slot = slots_[Probe(offset)];
  return slot.offset == 0 ? nullptr : &slot.owner;
}

std::vector<std::pair<uint32_t, uint32_t>> OwnerTable::Sorted() const {
  std::vector<std::pair<uint32_t, uint32_t>> all;
  all.reserve(size_);
  for (const Slot& slot : slots_) {
    if (slot.offset != 0) all.emplace_back(slot.offset, slot.owner);
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace nsp
