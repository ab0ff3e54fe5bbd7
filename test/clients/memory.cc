// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Memory whose every byte is known.
#include "memory.h"

#include <cstring>
#include <stdexcept>

#include "worker.h"

namespace client {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kGuard = 64;

size_t RoundToPages(size_t size) {
  return (size + kPage - 1) / kPage * kPage;
}

}  // namespace

Block::Block(size_t size, uint8_t fill, size_t misalign, bool edge) : size_(size), fill_(fill) {
  mapped_ = RoundToPages(kGuard + misalign + size + (edge ? 0 : kGuard));
  pages_ =
      static_cast<uint8_t*>(VirtualAlloc(nullptr, mapped_ + kPage, MEM_RESERVE, PAGE_NOACCESS));
  if (pages_ == nullptr || VirtualAlloc(pages_, mapped_, MEM_COMMIT, PAGE_READWRITE) == nullptr) {
    throw std::runtime_error("out of memory");
  }
  std::memset(pages_, fill, mapped_);
  data_ = edge ? pages_ + mapped_ - size : pages_ + kGuard + misalign;
}

Block::~Block() {
  VirtualFree(pages_, 0, MEM_RELEASE);
}

bool Block::GuardsIntact() const {
  for (const uint8_t* p = pages_; p < pages_ + mapped_; ++p) {
    if (p == data_) p += size_;
    if (p >= pages_ + mapped_) break;
    if (*p != fill_) return false;
  }
  return true;
}

size_t Block::WrittenEnd() const {
  for (size_t i = size_; i > 0; --i) {
    if (data_[i - 1] != fill_) return i;
  }
  return 0;
}

uint64_t Block::Hash() const {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < mapped_; ++i)
    hash = (hash ^ pages_[i]) * 0x100000001b3u;
  return hash;
}

void Block::MakeReadOnly() {
  DWORD before = 0;
  VirtualProtect(pages_, mapped_, PAGE_READONLY, &before);
}

void Block::Discard() {
  DWORD before = 0;
  VirtualProtect(pages_, mapped_, PAGE_READWRITE, &before);
  std::memset(data_, 0xdd, size_);
  VirtualProtect(pages_, mapped_, PAGE_NOACCESS, &before);
}

void Bury(std::shared_ptr<Block> block) {
  static SRWLOCK lock = SRWLOCK_INIT;
  static auto* const graves = new std::shared_ptr<Block>[32];
  static size_t next = 0;
  block->Discard();
  Lock guard(lock);
  graves[next++ % 32] = std::move(block);
}

void* UnmappedAddress() {
  static void* const address = VirtualAlloc(nullptr, 65536, MEM_RESERVE, PAGE_NOACCESS);
  return address;
}

void* ReadOnlyAddress() {
  static void* const address =
      VirtualAlloc(nullptr, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
  return address;
}

void* PointerFor(const Command& command, const char* key, void* normal) {
  if (command.IsSpecial(key, "null")) return nullptr;
  if (command.IsSpecial(key, "unmapped")) return UnmappedAddress();
  if (command.IsSpecial(key, "readonly")) return ReadOnlyAddress();
  return normal;
}

}  // namespace client
