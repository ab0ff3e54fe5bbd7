// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See control_writer.h.
#include "control_writer.h"

#include <atomic>
#include <cstring>

namespace nsp {
namespace {

static_assert(sizeof(ControlFilter) % 4 == 0);
constexpr size_t kFilterWords = sizeof(ControlFilter) / 4;

std::atomic_ref<uint32_t> Word(const uint32_t& word) {
  // atomic_ref takes no const object before C++26; loads through it leave the word as it is.
  return std::atomic_ref<uint32_t>(const_cast<uint32_t&>(word));
}

const uint32_t* Words(const ControlFilter& filter) {
  return reinterpret_cast<const uint32_t*>(&filter);
}

}  // namespace

void InitializeControl(ControlFile* file) {
  Word(file->bytes).store(kControlBytes, std::memory_order_relaxed);
  Word(file->version).store(kControlVersion, std::memory_order_relaxed);
  Word(file->magic).store(kControlMagic, std::memory_order_release);
}

bool ReadControlFilter(const ControlFile& file, int tries, ControlFilter* filter) {
  for (int i = 0; i < tries; ++i) {
    const uint32_t before = Word(file.sequence).load(std::memory_order_acquire);
    if (before == 0) return false;
    if (before % 2 != 0) continue;
    for (size_t word = 0; word < kFilterWords; ++word) {
      const uint32_t value = Word(Words(file.filter)[word]).load(std::memory_order_relaxed);
      std::memcpy(reinterpret_cast<uint8_t*>(filter) + word * 4, &value, 4);
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if (Word(file.sequence).load(std::memory_order_relaxed) == before) return true;
  }
  return false;
}

void WriteControlFilter(ControlFile* file, const ControlFilter& filter) {
  const uint32_t old = Word(file->sequence).load(std::memory_order_relaxed);
  const uint32_t odd = old + (old % 2 == 0 ? 1 : 2);
  Word(file->sequence).store(odd, std::memory_order_relaxed);
  // Nobody may see a word of the new filter beside the old, even sequence.
  std::atomic_thread_fence(std::memory_order_release);
  for (size_t word = 0; word < kFilterWords; ++word) {
    Word(Words(file->filter)[word]).store(Words(filter)[word], std::memory_order_relaxed);
  }
  // 0 says that no filter was ever written.
  const uint32_t even = odd + 1 == 0 ? 2 : odd + 1;
  Word(file->sequence).store(even, std::memory_order_release);
}

void BumpCounter(ControlFile* file, uint32_t index) {
  Word(file->counters[index]).fetch_add(1, std::memory_order_seq_cst);
}

uint32_t ReadCounter(const ControlFile& file, uint32_t index) {
  return Word(file.counters[index]).load(std::memory_order_seq_cst);
}

void SetRetired(ControlFile* file, bool retired) {
  if (retired) {
    Word(file->flags).fetch_or(kControlRetired);
  } else {
    Word(file->flags).fetch_and(~kControlRetired);
  }
}

bool IsRetired(const ControlFile& file) {
  return (Word(file.flags).load(std::memory_order_acquire) & kControlRetired) != 0;
}

}  // namespace nsp
