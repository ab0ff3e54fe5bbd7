// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Makes data files in memory, sound ones and such as no host would write. Shares no code with the
// writer that the addon has.
#ifndef WINSOCK_NSP_TEST_NATIVE_DATA_FILE_BUILDER_H_
#define WINSOCK_NSP_TEST_NATIVE_DATA_FILE_BUILDER_H_

#include <cstring>
#include <string>
#include <vector>

#include "data_file.h"
#include "hash.h"

// What a record holds behind its head, and what its head says beyond sizes.
struct RecordInit {
  uint32_t kind = nsp::kDataName;
  std::vector<uint8_t> key = {};
  std::vector<std::vector<uint8_t>> blocks = {};
  std::vector<uint32_t> counters = {};
  uint32_t status = 0;
  uint32_t ttl_ms = 0;
  uint64_t made_at = 0;
};

inline std::vector<uint8_t> KeyOf(const std::u16string& name) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(name.data());
  return {bytes, bytes + name.size() * sizeof(char16_t)};
}

class DataFileBuilder {
 public:
  explicit DataFileBuilder(uint32_t number, uint32_t bucket_count = 64,
                           uint32_t size = nsp::kMinDataBytes)
      : bytes(size) {
    nsp::DataHead head = {};
    head.magic = nsp::kDataMagic;
    head.version = nsp::kDataVersion;
    head.bytes = size;
    head.number = number;
    head.bucket_count = bucket_count;
    head.used = (static_cast<uint32_t>(sizeof(head)) + bucket_count * 4 + 7) / 8 * 8;
    PutHead(head);
  }

  template <typename T>
  T At(size_t offset) const {
    T value;
    std::memcpy(&value, &bytes[offset], sizeof(value));
    return value;
  }
  template <typename T>
  void Put(size_t offset, const T& value) {
    std::memcpy(&bytes[offset], &value, sizeof(value));
  }

  nsp::DataHead head() const { return At<nsp::DataHead>(0); }
  // With the check that belongs to it.
  void PutHead(nsp::DataHead head) {
    head.check = nsp::MixWords(&head, offsetof(nsp::DataHead, check));
    Put(0, head);
  }
  void PutRecord(uint32_t offset, nsp::DataRecord record) {
    Put(offset, record);
    const uint32_t size = record.size <= bytes.size() - offset && record.size >= 48
                              ? record.size
                              : static_cast<uint32_t>(sizeof(record));
    Put(offset, nsp::MixWords(&bytes[offset + 4], size - 4));
  }

  size_t BucketOffset(uint32_t hash) const {
    return sizeof(nsp::DataHead) + (hash & (head().bucket_count - 1)) * 4;
  }

  // Appends a record; returns its offset.
  uint32_t Add(const RecordInit& init) {
    nsp::DataHead file = head();
    nsp::DataRecord record = {};
    std::vector<uint8_t> body;
    auto append = [&body](const void* data, size_t size) {
      const auto* from = static_cast<const uint8_t*>(data);
      body.insert(body.end(), from, from + size);
    };
    append(init.counters.data(), init.counters.size() * 4);
    append(init.key.data(), init.key.size());
    body.resize((body.size() + 3) / 4 * 4);
    for (const auto& block : init.blocks)
      append(block.data(), block.size());
    body.resize((body.size() + 7) / 8 * 8);
    record.kind = init.kind;
    record.hash = nsp::HashDataKey(init.kind, init.key.data(), init.key.size());
    record.size = static_cast<uint32_t>(sizeof(record) + body.size());
    record.key_bytes = static_cast<uint32_t>(init.key.size());
    record.counter_count = static_cast<uint32_t>(init.counters.size());
    record.count = static_cast<uint32_t>(init.blocks.size());
    record.status = init.status;
    record.ttl_ms = init.ttl_ms;
    record.made_at = init.made_at;
    record.next = At<uint32_t>(BucketOffset(record.hash));
    const uint32_t offset = file.used;
    std::memcpy(&bytes[offset + sizeof(record)], body.data(), body.size());
    PutRecord(offset, record);
    Put(BucketOffset(record.hash), offset);
    file.used += record.size;
    PutHead(file);
    return offset;
  }

  std::vector<uint8_t> bytes;
};

#endif  // WINSOCK_NSP_TEST_NATIVE_DATA_FILE_BUILDER_H_
