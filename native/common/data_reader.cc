// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See data_reader.h. A record that is passed over is verified too: damaged where its hash or key
// lies, it might be the newest of the key that is looked for, and an older one must not be taken.
#include "data_reader.h"

#include <cstring>

#include "hash.h"
#include "short_bytes.h"
#include "switches.h"

namespace nsp {
namespace {

// So much is read of one bucket at most; a chain that is longer costs less at the host.
constexpr size_t kMaxWalkBytes = size_t{4} * kMaxRecordBytes;
constexpr size_t kFirstRead = kLeastRoom;

uint64_t KeyOffset(const DataRecord& head) {
  return sizeof(DataRecord) + uint64_t{head.counter_count} * sizeof(uint32_t);
}

uint64_t BlocksOffset(const DataRecord& head) {
  return KeyOffset(head) + ((uint64_t{head.key_bytes} + 3) & ~uint64_t{3});
}

bool HasKey(const DataRecord& head, const uint8_t* record, const DataSearch& search) {
  return head.hash == search.hash && head.kind == search.kind &&
         head.key_bytes == search.key.size &&
         SameBytes(record + KeyOffset(head), search.key.data, search.key.size);
}

bool Holds(const DataRecord& head, const uint8_t* record, const DataSearch& search) {
  constexpr uint64_t kPerMs = 10000;
  if (head.kind == kDataName) {
    return head.count != 0;
  }
  return search.now >= head.made_at && search.now - head.made_at < head.ttl_ms * kPerMs &&
         head.counter_count == search.counter_count &&
         (search.counter_count == 0 || std::memcmp(record + sizeof(head), search.counters,
                                                   search.counter_count * sizeof(uint32_t)) == 0);
}

}  // namespace

bool DataReader::Open(const DataSource& source, uint64_t bytes, uint32_t number) {
  DataHead head;
  source_ = source;
  if (bytes < kMinDataBytes || bytes > kMaxDataBytes || !Read(0, &head, sizeof(head))) {
    return false;
  }
  const uint32_t buckets = head.bucket_count;
  if (head.magic != kDataMagic || head.version != kDataVersion || head.bytes != bytes ||
      head.number != number || head.check != MixWords(&head, offsetof(DataHead, check)) ||
      buckets == 0 || (buckets & (buckets - 1)) != 0 ||
      buckets > (head.bytes - sizeof(head)) / sizeof(uint32_t)) {
    return false;
  }
  bytes_ = head.bytes;
  mask_ = buckets - 1;
  first_ = static_cast<uint32_t>(sizeof(head) + buckets * sizeof(uint32_t));
  return true;
}

// The head of a record at `offset` that ends at `end` or before: what is linked later lies behind.
bool DataReader::IsSound(const DataRecord& head, uint32_t offset, uint32_t end,
                         uint32_t bucket) const {
  return head.size % 8 == 0 && head.size <= end - offset && head.size <= kMaxRecordBytes &&
         BlocksOffset(head) <= head.size && head.next < offset && (head.hash & mask_) == bucket;
}

DataFound DataReader::Find(const DataSearch& search, uint8_t* room, size_t room_bytes,
                           DataFinding* found) const {
  const uint32_t bucket = search.hash & mask_;
  uint32_t offset = First(search.hash);
  uint32_t end = bytes_;
  size_t left = kMaxWalkBytes;
  while (offset != 0) {
    DataRecord head;
    if (offset % 8 != 0 || offset < first_ || offset >= end || end - offset < sizeof(head)) {
      return DataFound::kNo;
    }
    // Most records are here after one read. What changes between two is found by the check.
    const size_t before = end - offset < kFirstRead ? end - offset : kFirstRead;
    if (!Read(offset, room, before)) {
      return DataFound::kNo;
    }
    std::memcpy(&head, room, sizeof(head));
    if (!IsSound(head, offset, end, bucket) || head.size > left) {
      return DataFound::kNo;
    }
    if (head.size > room_bytes) {
      found->need = head.size;
      return DataFound::kNeedsRoom;
    }
    if ((head.size > before && !Read(offset + before, room + before, head.size - before)) ||
        (head.check != MixWords(room + sizeof(head.check), head.size - sizeof(head.check)) &&
         !SwitchedOff("record-check"))) {
      return DataFound::kNo;
    }
    if (HasKey(head, room, search)) {
      const auto at = static_cast<uint32_t>(BlocksOffset(head));
      found->count = head.count;
      found->status = head.status;
      found->blocks = {room + at, head.size - at};
      return Holds(head, room, search) ? DataFound::kYes : DataFound::kNo;
    }
    left -= head.size;
    end = offset;
    offset = head.next;
  }
  return DataFound::kNo;
}

}  // namespace nsp
