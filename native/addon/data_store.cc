// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See data_store.h.
#include "data_store.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "control_writer.h"
#include "data_files.h"

namespace nsp {
namespace {

// A number whose file is there although nobody points to it: left by a host that was killed before
// it could, or by one whose file is still mapped. That many may lie in a row.
constexpr int kNumberTries = 64;
constexpr uint64_t kGranularity = 65536;
// A bucket costs 4 bytes; a record that shares one costs its readers a look at another record. Most
// records are longer than this.
constexpr uint64_t kBytesPerBucket = 64;
constexpr uint64_t kFiletimePerMs = 10000;

uint64_t Now() {
  FILETIME now = {};
  GetSystemTimeAsFileTime(&now);
  return static_cast<uint64_t>(now.dwHighDateTime) << 32 | now.dwLowDateTime;
}

uint32_t Following(uint32_t number) {
  return number + 1 == 0 ? 1 : number + 1;
}

NewDataRecord Again(const DataRecordView& view) {
  NewDataRecord record;
  record.kind = view.head.kind;
  record.key = view.key;
  record.counters = view.counters;
  record.status = view.head.status;
  record.count = view.head.count;
  record.ttl_ms = view.head.ttl_ms;
  record.made_at = view.head.made_at;
  record.blocks = view.blocks;
  return record;
}

uint64_t ExpiryOf(const DataRecord& head) {
  return head.made_at + head.ttl_ms * kFiletimePerMs;
}

bool IsSame(const DataRecordView& view, const NewDataRecord& record) {
  return view.head.count == record.count && view.head.size == MeasureDataRecord(record) &&
         std::memcmp(view.blocks.data, record.blocks.data, record.blocks.size) == 0;
}

}  // namespace

void DataStore::Open(const std::wstring& control_path, ControlFile* control) {
  control_path_ = control_path;
  control_ = control;
  const uint32_t number = std::atomic_ref<uint32_t>(control->data_file).load();
  uint32_t bytes = 0;
  if (number != 0 && (!OpenDataFile(DataFilePath(control_path, number), &view_, &bytes).ok() ||
                      !writer_.Attach(view_.get(), bytes, number))) {
    view_.reset();
    // Never back to 0: a reader may have mapped any lower number and would take it for today's. A
    // number without a file is an empty one.
    SetNumber(Following(number));
  }
  if (writer_.attached()) TakeOver();
  DeleteDataFilesBut(control_path, writer_.attached() ? number : 0);
}

void DataStore::TakeOver() {
  const uint64_t now = Now();
  writer_.ForEach([&](uint32_t offset) {
    const DataRecordView view = writer_.View(offset);
    if (view.head.kind == kDataName) {
      if (view.head.count == 0) return;
      names_.Set(offset, 0);
    } else {
      if (ExpiryOf(view.head) <= now) return;
      answers_[offset] = ExpiryOf(view.head);
    }
    living_ += view.head.size;
  });
}

void DataStore::Close() {
  *this = DataStore();
}

Status DataStore::Reserve(uint64_t bytes) {
  if (control_ == nullptr) return {ERROR_INVALID_HANDLE, "MapViewOfFile"};
  if (!writer_.attached()) return RollOver(bytes);
  const uint64_t free = writer_.bytes() - writer_.used();
  const uint64_t dead = writer_.used() - std::min<uint64_t>(writer_.used(), living_);
  if (bytes <= free && dead <= writer_.bytes() / 2) return {};
  return RollOver(bytes);
}

Status DataStore::PutName(uint32_t owner, const Bytes& key, uint32_t count, const Bytes& blocks,
                          bool* changed) {
  NewDataRecord record;
  record.key = key;
  record.count = count;
  record.blocks = blocks;
  *changed = false;
  const uint32_t known = FindName(key);
  if (known != 0 && IsSame(writer_.View(known), record)) {
    names_.Set(known, owner);
    return {};
  }
  const Status status = Reserve(MeasureDataRecord(record));
  if (!status.ok()) return status;
  // After Reserve: a new file has other offsets.
  if (const uint32_t old = FindName(key); old != 0) Forget(old);
  uint32_t offset = 0;
  Write(record, &offset);
  names_.Set(offset, owner);
  *changed = true;
  return {};
}

Status DataStore::RemoveName(const Bytes& key, bool* removed) {
  *removed = false;
  NewDataRecord record;
  record.key = key;
  if (FindName(key) == 0) return {};
  const Status status = Reserve(MeasureDataRecord(record));
  if (!status.ok()) return status;
  Forget(FindName(key));
  writer_.Append(record);
  *removed = true;
  return {};
}

uint32_t DataStore::OwnerOf(const Bytes& key) const {
  const uint32_t offset = FindName(key);
  const uint32_t* owner = offset == 0 ? nullptr : names_.Find(offset);
  return owner == nullptr ? kNobody : *owner;
}

bool DataStore::Read(const Bytes& key, DataRecordView* view) const {
  const uint32_t offset = FindName(key);
  if (offset == 0) return false;
  *view = writer_.View(offset);
  return true;
}

Status DataStore::PutAnswer(NewDataRecord record, const std::vector<uint32_t>& counters) {
  if (control_ == nullptr) return {ERROR_INVALID_HANDLE, "MapViewOfFile"};
  std::vector<uint32_t> values;
  for (const uint32_t index : counters) {
    values.push_back(ReadCounter(*control_, index));
  }
  record.kind = kDataAnswer;
  record.made_at = Now();
  record.counters = {reinterpret_cast<const uint8_t*>(values.data()),
                     static_cast<uint32_t>(values.size() * sizeof(uint32_t))};
  const Status status = Reserve(MeasureDataRecord(record));
  if (!status.ok()) return status;
  if (const uint32_t old = writer_.Find(kDataAnswer, record.key); old != 0) Forget(old);
  uint32_t offset = 0;
  Write(record, &offset);
  answers_[offset] = record.made_at + record.ttl_ms * kFiletimePerMs;
  return {};
}

size_t DataStore::CountAnswers() {
  DropExpired();
  return answers_.size();
}

uint32_t DataStore::FindName(const Bytes& key) const {
  const uint32_t offset = writer_.Find(kDataName, key);
  return offset != 0 && writer_.View(offset).head.count != 0 ? offset : 0;
}

void DataStore::Write(const NewDataRecord& record, uint32_t* offset) {
  *offset = writer_.Append(record);
  living_ += MeasureDataRecord(record);
}

// A record of ours that is not to be kept any longer.
void DataStore::Forget(uint32_t offset) {
  const bool is_answer = answers_.erase(offset) != 0;
  if (!is_answer && names_.Find(offset) == nullptr) return;
  names_.Erase(offset);
  living_ -= std::min<uint64_t>(living_, writer_.View(offset).head.size);
}

void DataStore::DropExpired() {
  const uint64_t now = Now();
  std::vector<uint32_t> expired;
  for (const auto& [offset, until] : answers_) {
    if (until <= now) expired.push_back(offset);
  }
  for (const uint32_t offset : expired) {
    Forget(offset);
  }
}

Status DataStore::RollOver(uint64_t extra) {
  DropExpired();
  const uint64_t needed = living_ + extra;
  const size_t count = names_.size() + answers_.size();
  uint64_t bytes = std::max<uint64_t>(needed * 2, kMinDataBytes);
  const uint64_t buckets = std::bit_ceil(std::max<uint64_t>(count * 2, bytes / kBytesPerBucket));
  bytes = (bytes + buckets * 4 + kGranularity - 1) / kGranularity * kGranularity;
  bytes = std::min<uint64_t>(bytes, kMaxDataBytes);
  if (buckets > kMaxDataBytes / 8 ||
      FirstDataRecord(static_cast<uint32_t>(buckets)) + needed > bytes) {
    return {ERROR_FILE_TOO_LARGE, "CreateFileMappingW"};
  }
  UniqueView view;
  uint32_t number = 0;
  const Status status =
      MakeNext(static_cast<uint32_t>(bytes), static_cast<uint32_t>(buckets), &view, &number);
  if (!status.ok()) return status;
  DataWriter writer;
  if (!writer.Attach(view.get(), static_cast<uint32_t>(bytes), number)) {
    return {ERROR_FILE_CORRUPT, "MapViewOfFile"};
  }
  // What was written over stays behind: nobody may take it for ours.
  OwnerTable names;
  for (const auto& [offset, owner] : names_.Sorted()) {
    if (writer_.IsWhole(offset)) names.Set(writer.Append(Again(writer_.View(offset))), owner);
  }
  std::unordered_map<uint32_t, uint64_t> answers;
  for (const auto& [offset, until] : answers_) {
    if (writer_.IsWhole(offset)) answers[writer.Append(Again(writer_.View(offset)))] = until;
  }
  names_ = std::move(names);
  answers_ = std::move(answers);
  writer_ = writer;
  view_ = std::move(view);
  // Everything is in it: from here on readers map the new file.
  SetNumber(number);
  DeleteDataFilesBut(control_path_, number);
  return {};
}

Status DataStore::MakeNext(uint32_t bytes, uint32_t buckets, UniqueView* view, uint32_t* number) {
  *number = std::atomic_ref<uint32_t>(control_->data_file).load();
  Status status = {ERROR_FILE_EXISTS, "CreateFileW"};
  for (int i = 0; i < kNumberTries && status.code == ERROR_FILE_EXISTS; ++i) {
    *number = Following(*number);
    status = MakeDataFile(DataFilePath(control_path_, *number), bytes, view);
  }
  if (status.ok()) DataWriter::Initialize(view->get(), bytes, *number, buckets);
  return status;
}

void DataStore::SetNumber(uint32_t number) {
  std::atomic_ref<uint32_t>(control_->data_file).store(number, std::memory_order_release);
}

}  // namespace nsp
