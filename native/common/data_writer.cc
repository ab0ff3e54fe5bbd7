// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See data_writer.h.
#include "data_writer.h"

#include <atomic>
#include <bit>
#include <cstring>

#include "hash.h"

namespace nsp {
namespace {

// Far above what a frame or a name can fill; keeps every sum below 32 bits.
constexpr size_t kMaxRecordBytes = 64 * size_t{kMaxFrameBytes};
constexpr uint32_t kRecordBytes = sizeof(DataRecord);
// The words that `check` of a head or a record covers begin behind it.
constexpr uint32_t kCheckedHeadBytes = offsetof(DataHead, check);
constexpr uint32_t kRecordCheckBytes = sizeof(DataRecord::check);

constexpr size_t Pad8(size_t size) {
  return (size + 7) & ~size_t{7};
}

std::atomic_ref<uint32_t> Word(uint8_t* at) {
  return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(at));
}

bool HeadIsSound(const DataHead& head, uint32_t bytes, uint32_t number) {
  return head.magic == kDataMagic && head.version == kDataVersion && head.bytes == bytes &&
         head.number == number && head.check == MixWords(&head, kCheckedHeadBytes) &&
         std::has_single_bit(head.bucket_count) && head.bucket_count <= bytes / 8 &&
         head.used >= FirstDataRecord(head.bucket_count) && head.used <= bytes &&
         head.used % 8 == 0;
}

}  // namespace

uint32_t MeasureDataRecord(const NewDataRecord& record) {
  const size_t size = Pad8(kRecordBytes + size_t{record.counters.size} + Pad4(record.key.size) +
                           record.blocks.size);
  return size <= kMaxRecordBytes ? static_cast<uint32_t>(size) : 0;
}

uint32_t FirstDataRecord(uint32_t bucket_count) {
  return static_cast<uint32_t>(Pad8(kDataHeadBytes + size_t{bucket_count} * 4));
}

void DataWriter::Initialize(void* memory, uint32_t bytes, uint32_t number, uint32_t bucket_count) {
  DataHead head = {};
  head.magic = kDataMagic;
  head.version = kDataVersion;
  head.bytes = bytes;
  head.number = number;
  head.bucket_count = bucket_count;
  head.check = MixWords(&head, kCheckedHeadBytes);
  head.used = FirstDataRecord(bucket_count);
  std::memcpy(memory, &head, sizeof(head));
}

bool DataWriter::Attach(void* memory, uint32_t bytes, uint32_t number) {
  Detach();
  if (bytes < kMinDataBytes || bytes > kMaxDataBytes || bytes % 8 != 0) return false;
  DataHead head;
  std::memcpy(&head, memory, sizeof(head));
  if (!HeadIsSound(head, bytes, number)) return false;
  file_ = static_cast<uint8_t*>(memory);
  bytes_ = bytes;
  used_ = head.used;
  bucket_count_ = head.bucket_count;
  for (uint32_t bucket = 0; bucket < bucket_count_; ++bucket) {
    uint32_t before = used_;
    for (uint32_t at = Bucket(bucket); at != 0; at = View(at).head.next) {
      // Always lower than the one before: no chain goes round in circles.
      if (at >= before || !RecordIsSound(at, bucket)) {
        Detach();
        return false;
      }
      before = at;
    }
  }
  return true;
}

uint32_t DataWriter::Append(const NewDataRecord& record) {
  const uint32_t size = MeasureDataRecord(record);
  if (size == 0 || size > bytes_ - used_) return 0;
  const uint32_t offset = used_;
  used_ += size;
  // First of all: whoever goes on after a writer that was killed must not find the next record's
  // place in the middle of this one.
  Word(file_ + offsetof(DataHead, used)).store(used_, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  DataRecord head = {};
  head.hash = HashDataKey(record.kind, record.key.data, record.key.size);
  uint8_t* bucket = file_ + kDataHeadBytes + size_t{head.hash & (bucket_count_ - 1)} * 4;
  head.next = Word(bucket).load(std::memory_order_relaxed);
  head.size = size;
  head.kind = record.kind;
  head.key_bytes = record.key.size;
  head.counter_count = record.counters.size / 4;
  head.status = record.status;
  head.count = record.count;
  head.ttl_ms = record.ttl_ms;
  head.made_at = record.made_at;
  uint8_t* at = file_ + offset;
  PutBytes(&at, &head, sizeof(head));
  PutBytes(&at, record.counters.data, record.counters.size);
  PutBytes(&at, record.key.data, record.key.size);
  PutBytes(&at, record.blocks.data, record.blocks.size);
  std::memset(at, 0, static_cast<size_t>(file_ + used_ - at));
  head.check = MixWords(file_ + offset + kRecordCheckBytes, size - kRecordCheckBytes);
  std::memcpy(file_ + offset, &head.check, sizeof(head.check));
  Word(bucket).store(offset, std::memory_order_release);
  return offset;
}

uint32_t DataWriter::Find(uint32_t kind, const Bytes& key) const {
  if (file_ == nullptr) return 0;
  DataRecord like = {};
  like.kind = kind;
  like.hash = HashDataKey(kind, key.data, key.size);
  return FindFrom(Bucket(like.hash & (bucket_count_ - 1)), like, key);
}

DataRecordView DataWriter::View(uint32_t offset) const {
  DataRecordView view;
  if (!Fits(offset, &view.head)) return {};
  Bytes rest = {file_ + offset + kRecordBytes, view.head.size - kRecordBytes};
  if (TakeBytes(&rest, view.head.counter_count * 4, &view.counters) &&
      TakeBytes(&rest, view.head.key_bytes, &view.key)) {
    view.blocks = rest;
  }
  return view;
}

// Whoever may write the file may write over it at any time. The head is a copy; what it says of
// itself stays inside the file.
bool DataWriter::Fits(uint32_t offset, DataRecord* head) const {
  if (offset < FirstDataRecord(bucket_count_) || offset % 8 != 0 || offset >= used_ ||
      used_ - offset < kRecordBytes) {
    return false;
  }
  std::memcpy(head, file_ + offset, sizeof(*head));
  if (head->size < kRecordBytes || head->size % 8 != 0 || head->size > used_ - offset) return false;
  const size_t room = head->size - kRecordBytes;
  return head->counter_count <= kCounterCount && head->key_bytes <= room &&
         head->counter_count * size_t{4} + Pad4(head->key_bytes) <= room;
}

bool DataWriter::IsWhole(uint32_t offset) const {
  DataRecord head;
  return Fits(offset, &head) &&
         head.check == MixWords(file_ + offset + kRecordCheckBytes, head.size - kRecordCheckBytes);
}

// The next older record of a chain; 0 where it ends, or leads elsewhere.
uint32_t DataWriter::Next(uint32_t offset) const {
  DataRecord head;
  return Fits(offset, &head) && head.next < offset ? head.next : 0;
}

uint32_t DataWriter::Bucket(uint32_t index) const {
  return Word(file_ + kDataHeadBytes + size_t{index} * 4).load(std::memory_order_relaxed);
}

bool DataWriter::IsNewest(uint32_t offset) const {
  const DataRecordView view = View(offset);
  return FindFrom(Bucket(view.head.hash & (bucket_count_ - 1)), view.head, view.key) == offset;
}

uint32_t DataWriter::FindFrom(uint32_t at, const DataRecord& like, const Bytes& key) const {
  DataRecord head;
  for (uint32_t before = used_; at != 0 && at < before && Fits(at, &head); at = head.next) {
    before = at;
    if (head.hash != like.hash || head.kind != like.kind || head.key_bytes != key.size) continue;
    const uint8_t* bytes = file_ + at + kRecordBytes + size_t{head.counter_count} * 4;
    if (key.size == 0 || std::memcmp(bytes, key.data, key.size) == 0) return IsWhole(at) ? at : 0;
  }
  return 0;
}

bool DataWriter::RecordIsSound(uint32_t offset, uint32_t bucket) const {
  if (!IsWhole(offset)) return false;
  const DataRecordView view = View(offset);
  return (view.head.hash & (bucket_count_ - 1)) == bucket &&
         (view.head.kind == kDataName || view.head.kind == kDataAnswer) &&
         view.head.hash == HashDataKey(view.head.kind, view.key.data, view.key.size);
}

}  // namespace nsp
