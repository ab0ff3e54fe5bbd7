// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Layout of a data file: published answers, which one host appends and every client process reads.
// The number of today's stands in the control file. Its size never changes; nothing in it is
// believed before it is checked. docs/protocol.md says how it is replaced.
#ifndef WINSOCK_NSP_COMMON_DATA_FILE_H_
#define WINSOCK_NSP_COMMON_DATA_FILE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "constants.h"
#include "hash.h"

namespace nsp {

// All but `used` is written once, before the file's number appears in the control file.
struct DataHead {
  uint32_t magic;         // kDataMagic
  uint32_t version;       // kDataVersion
  uint32_t bytes;         // of the whole file; equals its size
  uint32_t number;        // as in the control file and in the file's name
  uint32_t bucket_count;  // a power of two; the buckets (uint32_t) follow the head
  uint32_t check;         // MixWords of the five words before
  uint32_t used;          // the writer's: bytes in use from the start of the file, atomic
  uint32_t reserved[9];   // 0
};

// Records lie behind the buckets, each at a multiple of 8. A bucket, chosen by the low bits of
// `hash`, has the offset of its newest record (0: none), stored with release; `next` has that of
// the next older one, which is always lower. A record never changes once a bucket leads to it.
// After the head: counter_count counter values, the key (padded to 4), then `count` query-set
// blocks; padded to 8.
struct DataRecord {
  uint32_t check;  // MixWords of all words of the record behind this one
  uint32_t next;
  uint32_t hash;           // HashDataKey
  uint32_t size;           // of the record, head included; a multiple of 8
  uint32_t kind;           // kDataName, kDataAnswer
  uint32_t key_bytes;      // kDataName: the name's key, UTF-16; kDataAnswer: the query block
  uint32_t counter_count;  // kDataAnswer: what its query samples, in the sample's order; else 0
  uint32_t status;         // kDataAnswer: as in BatchBody; else 0
  uint32_t count;          // kDataName: 0 says that the name is not published any more
  uint32_t ttl_ms;         // kDataAnswer; else 0
  uint64_t made_at;        // FILETIME (system time): holds from here for ttl_ms
};

static_assert(sizeof(DataHead) == kDataHeadBytes);
static_assert(sizeof(DataRecord) == 48);
static_assert(offsetof(DataRecord, made_at) == 40);

inline uint64_t MixWord(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
  return hash ^ (hash >> 32);
}

template <typename T>
uint64_t WordAt(const uint8_t* at) {
  T word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// A hash of whole 32-bit words at any address, in four lanes: in one, each step would wait for the
// one before. Plain variables, which stay in registers. Tells random bytes from a record; keeps
// nobody out who may write the file.
inline uint32_t MixWords(const void* data, size_t bytes) {
  constexpr size_t kLane = sizeof(uint64_t);
  const auto* at = static_cast<const uint8_t*>(data);
  uint64_t a = bytes;
  uint64_t b = 1;
  uint64_t c = 2;
  uint64_t d = 3;
  for (; bytes >= 4 * kLane; bytes -= 4 * kLane, at += 4 * kLane) {
    a = MixWord(a, WordAt<uint64_t>(at));
    b = MixWord(b, WordAt<uint64_t>(at + kLane));
    c = MixWord(c, WordAt<uint64_t>(at + 2 * kLane));
    d = MixWord(d, WordAt<uint64_t>(at + 3 * kLane));
  }
  for (; bytes >= kLane; bytes -= kLane, at += kLane) {
    a = MixWord(a, WordAt<uint64_t>(at));
  }
  if (bytes >= sizeof(uint32_t)) {
    b = MixWord(b, WordAt<uint32_t>(at));
  }
  return static_cast<uint32_t>(MixWord(MixWord(MixWord(a, b), c), d));
}

// The hash of a record's key. That of a name is known already to whoever has sampled its counters.
inline uint32_t HashDataKey(uint32_t kind, const void* key, size_t bytes) {
  return kind == kDataName ? HashText(key, bytes / sizeof(uint16_t)) : MixWords(key, bytes);
}

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_DATA_FILE_H_
