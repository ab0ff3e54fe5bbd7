// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a host publishes: today's data file, to whom its names belong, and the change to the next
// file when it is full or half of it is dead.
#ifndef WINSOCK_NSP_ADDON_DATA_STORE_H_
#define WINSOCK_NSP_ADDON_DATA_STORE_H_

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "control_file.h"
#include "data_writer.h"
#include "owner_table.h"
#include "status.h"
#include "unique_handle.h"

namespace nsp {

// All functions are for one thread, which alone writes the control file's `data_file`.
class DataStore {
 public:
  // What OwnerOf says of a name that is not published. Owner 0: a former host published it.
  static constexpr uint32_t kNobody = UINT32_MAX;

  // Goes on from what the last host left, if it is sound. The control file is locked by us and
  // mapped until Close.
  void Open(const std::wstring& control_path, ControlFile* control);
  void Close();

  // Makes room for so many bytes of records, so that writing them cannot fail.
  Status Reserve(uint64_t bytes);

  // Publishes a name. `changed`: it was not published, or as something else.
  Status PutName(uint32_t owner, const Bytes& key, uint32_t count, const Bytes& blocks,
                 bool* changed);
  // `removed`: it was published.
  Status RemoveName(const Bytes& key, bool* removed);
  [[nodiscard]] uint32_t OwnerOf(const Bytes& key) const;
  // False: the name is not published. `view` points into the file until the next change.
  [[nodiscard]] bool Read(const Bytes& key, DataRecordView* view) const;
  // Calls `visit(key)` for the names of one owner, or of all (kNobody), the oldest record first.
  template <typename Visit>
  void ForEachKey(uint32_t owner, Visit visit) const {
    for (const auto& [offset, whose] : names_.Sorted()) {
      if (owner == kNobody || owner == whose) visit(writer_.View(offset).key);
    }
  }

  // Publishes an answer for `record.ttl_ms` from now on, with the present values of the counters
  // that its query samples.
  Status PutAnswer(NewDataRecord record, const std::vector<uint32_t>& counters);

  [[nodiscard]] size_t names() const { return names_.size(); }
  // Those that still hold by the clock.
  [[nodiscard]] size_t CountAnswers();

 private:
  [[nodiscard]] uint32_t FindName(const Bytes& key) const;
  // Writes what Reserve has made room for.
  void Write(const NewDataRecord& record, uint32_t* offset);
  void Forget(uint32_t offset);
  void DropExpired();
  void TakeOver();
  Status RollOver(uint64_t extra);
  Status MakeNext(uint32_t bytes, uint32_t buckets, UniqueView* view, uint32_t* number);
  void SetNumber(uint32_t number);

  std::wstring control_path_;
  ControlFile* control_ = nullptr;
  UniqueView view_;
  DataWriter writer_;
  OwnerTable names_;
  // Offsets of answers, and when they run out (FILETIME).
  std::unordered_map<uint32_t, uint64_t> answers_;
  uint64_t living_ = 0;  // bytes of the records in both
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_DATA_STORE_H_
