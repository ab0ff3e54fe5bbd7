// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One mapped data file, and a record copied out of one.
#ifndef WINSOCK_NSP_PROVIDER_DATA_MAPPING_H_
#define WINSOCK_NSP_PROVIDER_DATA_MAPPING_H_

#include "data_reader.h"
#include "memory.h"
#include "unique_handle.h"

namespace nsp {

// One for all who read in it.
class DataMapping : public Counted<DataMapping> {
 public:
  // Maps data file `number` of a control file read-only. Empty if it is absent, unreadable, of the
  // wrong size or of another layout. Does file I/O.
  static Ref<DataMapping> Open(const wchar_t* control_path, uint32_t number);

  explicit DataMapping(UniqueView view) : view_(std::move(view)) {}

  const DataReader& reader() const { return reader_; }
  // Has the processor fetch what a search for a name with this hash will most likely read. It reads
  // the bucket, guarded, and waits for nothing of the record; what cannot be read does not matter.
  void FetchAhead(uint32_t hash) const;

 private:
  UniqueView view_;
  DataReader reader_;
};

// The data file that was mapped last, and its number; `mapping` is empty if it cannot be mapped.
struct MappedData {
  Ref<DataMapping> mapping;
  uint32_t number = 0;
};

// Room for a record: small ones need no allocation.
class PublishedRecord {
 public:
  // False: there is none, or no memory for it.
  [[nodiscard]] bool Find(const DataReader& reader, const DataSearch& search);
  // After Find: what it found, in this object.
  const DataFinding& found() const { return found_; }

 private:
  DataFinding found_;
  Buffer large_;
  alignas(8) uint8_t small_[1024];
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_DATA_MAPPING_H_
