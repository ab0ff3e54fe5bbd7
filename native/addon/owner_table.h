// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// To whom the living records of a data file belong: 8 bytes a record, at least half of them in use.
#ifndef WINSOCK_NSP_ADDON_OWNER_TABLE_H_
#define WINSOCK_NSP_ADDON_OWNER_TABLE_H_

#include <cstdint>
#include <utility>
#include <vector>

namespace nsp {

// Offsets (never 0) to owners. Open addressing with linear probing.
class OwnerTable {
 public:
  // Inserts or replaces.
  void Set(uint32_t offset, uint32_t owner);
  void Erase(uint32_t offset);
  // Null: there is no such offset. Valid until the next change.
  [[nodiscard]] const uint32_t* Find(uint32_t offset) const;
  [[nodiscard]] size_t size() const { return size_; }
  // In the order of the offsets, which is that of writing.
  [[nodiscard]] std::vector<std::pair<uint32_t, uint32_t>> Sorted() const;

 private:
  struct Slot {
    uint32_t offset = 0;
    uint32_t owner = 0;
  };

  [[nodiscard]] size_t Home(uint32_t offset) const;
  // Where the offset is, or the free slot where it would be.
  [[nodiscard]] size_t Probe(uint32_t offset) const;
  void Grow();

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_OWNER_TABLE_H_
