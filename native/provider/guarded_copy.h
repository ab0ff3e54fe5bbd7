// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The only way the DLL touches memory that a caller names: a copy that answers false where a plain
// one would crash the caller's program. No system call, no allocation; safe on any thread and under
// any lock.
#ifndef WINSOCK_NSP_PROVIDER_GUARDED_COPY_H_
#define WINSOCK_NSP_PROVIDER_GUARDED_COPY_H_

#include <cstddef>
#include <cstdint>

#include "switches.h"

#if !defined(_MSC_VER)
extern "C" {
char nsp_guarded_copy(void* to, const void* from, size_t bytes);
#if defined(__x86_64__)
char nsp_guarded_gather(uint32_t* to, const void* words, const uint16_t* index, uint32_t count);
char nsp_guarded_match(const void* pair, uint64_t two, const void* word, uint32_t one);
#endif
}
#endif

namespace nsp {

// Copies `bytes` from `from` to `to`. False: an access faulted; what was copied before that stays
// copied.
#if defined(_MSC_VER)
[[nodiscard]] bool GuardedCopy(void* to, const void* from, size_t bytes);
#else
[[nodiscard]] inline bool GuardedCopy(void* to, const void* from, size_t bytes) {
  if (SwitchedOff("guarded-copy")) {
    __builtin_memcpy(to, from, bytes);
    return true;
  }
  return nsp_guarded_copy(to, from, bytes) != 0;
}
#endif

// Copies the aligned 32-bit words `index[i]` of those at `words`, each in one access. False: one
// faulted.
#if defined(_MSC_VER) || !defined(__x86_64__)
[[nodiscard]] bool GuardedGather(uint32_t* to, const void* words, const uint16_t* index,
                                 uint32_t count);
#else
[[nodiscard]] inline bool GuardedGather(uint32_t* to, const void* words, const uint16_t* index,
                                        uint32_t count) {
  if (SwitchedOff("guarded-copy")) {
    for (uint32_t i = 0; i < count; ++i) {
      to[i] = static_cast<const uint32_t*>(words)[index[i]];
    }
    return true;
  }
  return nsp_guarded_gather(to, words, index, count) != 0;
}
#endif

// The two words at `pair` are `two`, the lower one first, and that at `word` is `one`. False: they
// are not, or an access faulted.
#if defined(_MSC_VER) || !defined(__x86_64__)
[[nodiscard]] bool GuardedMatch(const void* pair, uint64_t two, const void* word, uint32_t one);
#else
[[nodiscard]] inline bool GuardedMatch(const void* pair, uint64_t two, const void* word,
                                       uint32_t one) {
  if (SwitchedOff("guarded-copy")) {
    return __builtin_memcmp(pair, &two, sizeof(two)) == 0 &&
           *static_cast<const uint32_t*>(word) == one;
  }
  return nsp_guarded_match(pair, two, word, one) != 0;
}
#endif

template <typename T>
[[nodiscard]] bool GuardedRead(T* to, const void* from) {
  return from != nullptr && GuardedCopy(to, from, sizeof(T));
}

template <typename T>
[[nodiscard]] bool GuardedWrite(void* to, const T& value) {
  return to != nullptr && GuardedCopy(to, &value, sizeof(T));
}

// Length in units of a zero-terminated UTF-16 string of at most `limit` units. False: a fault, or
// no end in sight. Never reads past the page that holds the terminator.
[[nodiscard]] bool GuardedLength(const void* text, uint32_t limit, uint32_t* units);

// Copies the `*units` units that GuardedLength found. If the text has become shorter meanwhile,
// *units does too: what is copied holds no terminator.
[[nodiscard]] bool GuardedText(void* to, const void* text, uint32_t* units);

// Copies a zero-terminated text of less than `limit` units in one pass. False: it is longer, or a
// fault. Never reads past the page that holds the terminator.
[[nodiscard]] bool GuardedShortText(uint16_t* to, uint32_t limit, const void* text,
                                    uint32_t* units);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_GUARDED_COPY_H_
