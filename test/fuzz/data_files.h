// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Data files made from a tape, without the project's own writer, and then with words of them
// changed; the checks of what was changed are made right again now and then.
#ifndef WINSOCK_NSP_TEST_FUZZ_DATA_FILES_H_
#define WINSOCK_NSP_TEST_FUZZ_DATA_FILES_H_

#include "data_file.h"
#include "hash.h"
#include "tape.h"

namespace fuzz {

struct MadeRecord {
  uint32_t offset = 0;
  uint32_t kind = 0;
  std::vector<uint8_t> key;
  std::vector<uint32_t> counters;
  nsp::DataRecord head;
};

inline uint32_t KeyHash(uint32_t kind, const std::vector<uint8_t>& key) {
  return nsp::HashDataKey(kind, key.data(), key.size());
}

// A small set, so that keys come again.
inline std::vector<uint8_t> MakeKey(Tape* tape, uint32_t kind) {
  const uint32_t length = tape->Below(8);
  return std::vector<uint8_t>(length * (kind == nsp::kDataName ? 2 : 4),
                              static_cast<uint8_t>('a' + tape->Below(4)));
}

// One file, of the least size that there may be; made again for each input.
class DataFile {
 public:
  static constexpr uint32_t kBytes = nsp::kMinDataBytes;
  static constexpr uint32_t kNumber = 3;

  DataFile() : bytes_(kBytes) {}

  uint8_t* bytes() { return bytes_.data(); }
  const std::vector<MadeRecord>& records() const { return records_; }
  uint32_t bucket_count() const { return bucket_count_; }

  void Make(Tape* tape) {
    records_.clear();
    bucket_count_ = 1u << tape->Below(7);
    used_ = (nsp::kDataHeadBytes + bucket_count_ * 4 + 7) / 8 * 8;
    std::memset(bytes(), 0, dirty_);
    // Some files have their records at their very end.
    if (tape->Chance()) used_ = kBytes - (tape->Byte() + 1u) * 8;
    for (uint32_t count = tape->Below(8); count != 0 && tape->left() != 0; --count)
      AddRecord(tape);
    PutHead();
    dirty_ = used_;
  }

  // Somebody else has written up to there.
  void Touched(uint32_t end) { dirty_ = std::max(dirty_, end); }

  // Changes words of head, buckets or a record.
  void Scribble(Tape* tape) {
    for (uint32_t lies = tape->Below(4); lies != 0; --lies) {
      const uint8_t where = tape->Byte();
      uint32_t base = 0;
      if ((where & 1) != 0) base = nsp::kDataHeadBytes;
      if ((where & 2) != 0 && !records_.empty()) {
        base = records_[tape->Byte() % records_.size()].offset;
      }
      const uint32_t offset = std::min(base + tape->Byte() % 32 * 4, kBytes - 4);
      uint32_t word = tape->Take<uint32_t>();
      if ((where & 4) != 0) word %= (where & 16) != 0 ? 1024 : kBytes + 16;
      if ((where & 8) != 0) word &= ~7u;
      std::memcpy(bytes() + offset, &word, sizeof(word));
      dirty_ = std::max(dirty_, offset + 4);
    }
    if (tape->Chance()) Mend();
  }

 private:
  template <typename T>
  T At(uint32_t offset) {
    T value;
    std::memcpy(&value, bytes() + offset, sizeof(value));
    return value;
  }
  template <typename T>
  void Put(uint32_t offset, const T& value) {
    std::memcpy(bytes() + offset, &value, sizeof(value));
  }

  void PutHead() {
    nsp::DataHead head = {};
    head.magic = nsp::kDataMagic;
    head.version = nsp::kDataVersion;
    head.bytes = kBytes;
    head.number = kNumber;
    head.bucket_count = bucket_count_;
    head.used = used_;
    head.check = nsp::MixWords(&head, offsetof(nsp::DataHead, check));
    Put(0, head);
  }

  void AddRecord(Tape* tape) {
    MadeRecord made;
    nsp::DataRecord& head = made.head;
    head = {};
    made.kind = head.kind = tape->Chance() ? nsp::kDataName : nsp::kDataAnswer;
    made.key = MakeKey(tape, made.kind);
    if (made.kind == nsp::kDataAnswer) made.counters.resize(tape->Below(4), tape->Below(2));
    const std::vector<uint8_t> blocks = tape->Run(tape->Below(64));
    const auto key_bytes = static_cast<uint32_t>(made.key.size());
    const auto counter_count = static_cast<uint32_t>(made.counters.size());
    const uint32_t at_key = sizeof(head) + counter_count * 4;
    const uint32_t at_blocks = at_key + (key_bytes + 3) / 4 * 4;
    head.size = (at_blocks + static_cast<uint32_t>(blocks.size()) + 7) / 8 * 8;
    head.hash = KeyHash(made.kind, made.key);
    const uint32_t bucket = nsp::kDataHeadBytes + (head.hash & (bucket_count_ - 1)) * 4;
    head.next = At<uint32_t>(bucket);
    head.key_bytes = key_bytes;
    head.counter_count = counter_count;
    head.count = tape->Below(3);
    head.status = made.kind == nsp::kDataAnswer ? tape->Byte() : 0;
    head.ttl_ms = made.kind == nsp::kDataAnswer ? tape->Below(4) : 0;
    head.made_at = made.kind == nsp::kDataAnswer ? tape->Byte() * uint64_t{5000} : 0;
    if (head.size > kBytes - used_) return;
    made.offset = used_;
    used_ += head.size;
    std::copy(made.key.begin(), made.key.end(), bytes() + made.offset + at_key);
    std::copy(blocks.begin(), blocks.end(), bytes() + made.offset + at_blocks);
    if (counter_count != 0) {
      std::memcpy(bytes() + made.offset + sizeof(head), made.counters.data(), counter_count * 4);
    }
    PutRecord(made.offset, head);
    Put(bucket, made.offset);
    records_.push_back(std::move(made));
  }

  // With the check that belongs to it, if its size is one that a check can be made of.
  void PutRecord(uint32_t offset, nsp::DataRecord head) {
    Put(offset, head);
    if (head.size < sizeof(head) || head.size > kBytes - offset) return;
    head.check = nsp::MixWords(bytes() + offset + 4, head.size - 4);
    Put(offset, head);
  }

  void Mend() {
    auto head = At<nsp::DataHead>(0);
    head.check = nsp::MixWords(&head, offsetof(nsp::DataHead, check));
    Put(0, head);
    for (const MadeRecord& made : records_)
      PutRecord(made.offset, At<nsp::DataRecord>(made.offset));
  }

  std::vector<uint8_t> bytes_;
  std::vector<MadeRecord> records_;
  uint32_t bucket_count_ = 1;
  uint32_t used_ = 0;
  uint32_t dirty_ = 0;  // what lies behind is zero
};

}  // namespace fuzz

#endif  // WINSOCK_NSP_TEST_FUZZ_DATA_FILES_H_
