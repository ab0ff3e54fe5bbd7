// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Memory whose every byte is known: payloads between guard bytes or against an unmapped page, and
// addresses that can't be written or read at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "command.h"

namespace client {

class Block {
 public:
  // The payload lies between guard bytes, `misalign` bytes past an address divisible by 64; with
  // `edge` it ends where an unmapped page begins. All bytes hold `fill`.
  Block(size_t size, uint8_t fill, size_t misalign = 0, bool edge = false);
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  // No byte outside the payload was changed.
  bool GuardsIntact() const;
  // One past the last payload byte that differs from the fill; 0 when nothing was written.
  size_t WrittenEnd() const;
  // FNV-1a over payload and guards.
  uint64_t Hash() const;
  void MakeReadOnly();
  // Overwrites the payload and takes every access away: whoever looks again crashes.
  void Discard();

 private:
  uint8_t* pages_;
  size_t mapped_;
  uint8_t* data_;
  size_t size_;
  uint8_t fill_;
};

// Discards the block and keeps the last such ones reserved without access, so that a late reader
// crashes instead of reading something else.
void Bury(std::shared_ptr<Block> block);
// An address in a reserved page without access.
void* UnmappedAddress();
// An address in a readable page of zeros that can't be written.
void* ReadOnlyAddress();
// `normal`, unless the command says @null, @unmapped or @readonly for the key.
void* PointerFor(const Command& command, const char* key, void* normal);

}  // namespace client
