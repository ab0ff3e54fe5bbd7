// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Finds records in a data file (data_file.h). The file is untrusted and may change or vanish while
// it is read: everything is copied out, then checked, and whatever is odd counts as not found.
// Portable and freestanding; nothing here allocates or waits.
#ifndef WINSOCK_NSP_COMMON_DATA_READER_H_
#define WINSOCK_NSP_COMMON_DATA_READER_H_

#include "block.h"
#include "data_file.h"

namespace nsp {

// The largest record that a reader takes: more than this fits no frame either.
inline constexpr uint32_t kMaxRecordBytes = kMaxFrameBytes;

// The least room that a search takes.
inline constexpr size_t kLeastRoom = 256;

// The file's bytes. `read` copies `bytes` bytes from `offset` of the file, which both lie inside
// the size it was opened with; false: they cannot be read.
struct DataSource {
  bool (*read)(const void* file, size_t offset, void* to, size_t bytes) = nullptr;
  const void* file = nullptr;
};

struct DataSearch {
  uint32_t kind = 0;
  uint32_t hash = 0;  // HashDataKey of the key
  Bytes key;          // kDataAnswer: a whole number of words
  // kDataAnswer alone.
  uint64_t now = 0;  // FILETIME
  const uint32_t* counters = nullptr;
  uint32_t counter_count = 0;
};

struct DataFinding {
  uint32_t count = 0;   // of the blocks
  uint32_t status = 0;  // kDataAnswer
  Bytes blocks;         // in the room; up to 4 bytes of padding follow them
  size_t need = 0;      // DataFound::kNeedsRoom: so many bytes
};

enum class DataFound { kNo, kYes, kNeedsRoom };

class DataReader {
 public:
  // Takes a file of `bytes` bytes. False: its head is not what this version says of file `number`.
  [[nodiscard]] bool Open(const DataSource& source, uint64_t bytes, uint32_t number);

  // Where the newest record lies whose key may have this hash, so that it can be fetched ahead; 0:
  // nowhere.
  uint32_t First(uint32_t hash) const {
    uint32_t offset = 0;
    return Read(sizeof(DataHead) + (hash & mask_) * sizeof(offset), &offset, sizeof(offset)) &&
                   offset >= first_ && offset < bytes_
               ? offset
               : 0;
  }

  // The newest record of a key, copied into `room` (at least kLeastRoom bytes); of an answer only
  // while it holds, of a name only while that is published. Takes a bounded number of steps. Any
  // thread, several at once.
  [[nodiscard]] DataFound Find(const DataSearch& search, uint8_t* room, size_t room_bytes,
                               DataFinding* found) const;

 private:
  bool Read(size_t offset, void* to, size_t bytes) const {
    return source_.read(source_.file, offset, to, bytes);
  }
  bool IsSound(const DataRecord& head, uint32_t offset, uint32_t end, uint32_t bucket) const;

  DataSource source_;
  uint32_t bytes_ = 0;
  uint32_t mask_ = 0;   // of the buckets
  uint32_t first_ = 0;  // where records may begin
};

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_DATA_READER_H_
