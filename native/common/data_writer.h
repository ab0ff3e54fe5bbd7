// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The writing half of a data file (data_file.h), over a block of memory. Portable. A writer can be
// killed between any two of its stores: what no bucket leads to is not there.
#ifndef WINSOCK_NSP_COMMON_DATA_WRITER_H_
#define WINSOCK_NSP_COMMON_DATA_WRITER_H_

#include <cstddef>
#include <cstdint>

#include "block.h"
#include "data_file.h"

namespace nsp {

// A record as it is to be written.
struct NewDataRecord {
  uint32_t kind = kDataName;
  Bytes key;
  Bytes counters;  // kDataAnswer: whole uint32_t
  uint32_t status = 0;
  uint32_t count = 0;
  uint32_t ttl_ms = 0;
  uint64_t made_at = 0;
  Bytes blocks;  // `count` query-set blocks, one behind the other
};

// A record as it lies in the file; the runs of bytes point there.
struct DataRecordView {
  DataRecord head = {};
  Bytes key;
  Bytes counters;
  Bytes blocks;  // with the padding behind them
};

// The bytes that a record takes; 0 if they are more than a record may have.
[[nodiscard]] uint32_t MeasureDataRecord(const NewDataRecord& record);
// The offset of the first record of a file with so many buckets.
[[nodiscard]] uint32_t FirstDataRecord(uint32_t bucket_count);

class DataWriter {
 public:
  // Makes `bytes` zeros at a multiple of 8 an empty data file. `bytes` is a multiple of 8 within
  // the limits, `bucket_count` a power of two, and the buckets fit.
  static void Initialize(void* memory, uint32_t bytes, uint32_t number, uint32_t bucket_count);

  // Takes over what lies there, if all of it is sound: every bucket is followed to its end. False:
  // it is not a data file that one can go on with.
  [[nodiscard]] bool Attach(void* memory, uint32_t bytes, uint32_t number);
  void Detach() { *this = DataWriter(); }

  // Appends a record and links it. Its offset; 0: there is no room.
  uint32_t Append(const NewDataRecord& record);

  // The newest record of a key, whatever it says; 0: there is none, or it was written over.
  [[nodiscard]] uint32_t Find(uint32_t kind, const Bytes& key) const;
  // Empty if the record was written over so that it would not end in the file.
  [[nodiscard]] DataRecordView View(uint32_t offset) const;
  // Nothing was written over it.
  [[nodiscard]] bool IsWhole(uint32_t offset) const;

  // Calls `visit(offset)` for the newest record of each key, in no particular order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (uint32_t bucket = 0; bucket < bucket_count_; ++bucket) {
      for (uint32_t at = Bucket(bucket); at != 0; at = Next(at)) {
        if (IsNewest(at)) visit(at);
      }
    }
  }

  [[nodiscard]] bool attached() const { return file_ != nullptr; }
  [[nodiscard]] uint32_t bytes() const { return bytes_; }
  [[nodiscard]] uint32_t used() const { return used_; }

 private:
  [[nodiscard]] bool Fits(uint32_t offset, DataRecord* head) const;
  [[nodiscard]] uint32_t Next(uint32_t offset) const;
  [[nodiscard]] uint32_t Bucket(uint32_t index) const;
  [[nodiscard]] bool IsNewest(uint32_t offset) const;
  [[nodiscard]] uint32_t FindFrom(uint32_t at, const DataRecord& like, const Bytes& key) const;
  [[nodiscard]] bool RecordIsSound(uint32_t offset, uint32_t bucket) const;

  uint8_t* file_ = nullptr;
  uint32_t bytes_ = 0;
  uint32_t used_ = 0;
  uint32_t bucket_count_ = 0;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_DATA_WRITER_H_
