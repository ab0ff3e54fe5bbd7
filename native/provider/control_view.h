// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// This process's view of the control file: the mapping, the counters, and checked copies of the
// filter.
#ifndef WINSOCK_NSP_PROVIDER_CONTROL_VIEW_H_
#define WINSOCK_NSP_PROVIDER_CONTROL_VIEW_H_

#include "control_file.h"
#include "data_mapping.h"
#include "memory.h"
#include "unique_handle.h"

namespace nsp {

// One mapping. Shared by the lookups that began under it; unmapped with the last of them.
class ControlMapping : public Counted<ControlMapping> {
 public:
  // Maps `path` read-only. Empty if it is absent, unreadable, too small or of another layout. Does
  // file I/O.
  static Ref<ControlMapping> Open(const wchar_t* path);

  explicit ControlMapping(UniqueView view) : view_(std::move(view)) {}

  // True also when the memory cannot be read any more.
  bool retired() const;
  // The filter with this sequence is what holds now.
  bool Holds(uint32_t sequence) const;
  // The counter's value; unreadable memory reads as 0. `index` is below kCounterCount.
  uint32_t counter(uint32_t index) const;
  // The number of today's data file; 0: none.
  uint32_t data_file() const;
  bool ReadSequence(uint32_t* sequence) const;
  // One consistent, checked copy of the filter within bounded retries.
  [[nodiscard]] bool ReadFilter(ControlFilter* filter, uint32_t* sequence) const;

 private:
  const ControlFile* file() const { return static_cast<const ControlFile*>(view_.get()); }
  UniqueView view_;
};

// An immutable copy of what a host wrote at its start.
struct FilterCopy : public Counted<FilterCopy> {
  uint32_t sequence = 0;
  ControlFilter filter;
};

// What one call works with.
struct ControlState {
  Ref<ControlMapping> mapping;
  Ref<FilterCopy> filter;
  explicit operator bool() const { return static_cast<bool>(filter); }
};

struct FilterQuestion;

class ControlView {
 public:
  // `path` is absolute and outlives the view.
  explicit ControlView(const wchar_t* path) : path_(path) {}

  // The present state; empty if the file is absent, unreadable or retired. Opens the file on first
  // use, and at most once a second while it is missing or retired.
  ControlState State();
  // The same, but empty as well if the filter does not own the question: most questions are for
  // others.
  ControlState StateFor(const FilterQuestion& question);

 private:
  friend class DataLease;
  bool Fresh() const;
  void Reopen();
  bool IsToday(uint32_t number) const;
  void MapData();

  const wchar_t* path_;
  SRWLOCK lock_ = SRWLOCK_INIT;  // guards all below
  ControlState state_;
  uint64_t next_try_ = 0;
  bool torn_ = false;  // the filter was being written; what is there is the last whole one
  Ref<DataMapping> data_;
  uint32_t data_number_ = 0;  // what `data_` is, or was to be
  uint64_t next_data_try_ = 0;
};

// Today's data file, mapped while this lives; short-lived, as nobody can map another one meanwhile.
// Maps it when its number is new; if that fails, tries again at most once a second.
class DataLease {
 public:
  explicit DataLease(ControlView* view);
  ~DataLease();
  DataLease(const DataLease&) = delete;
  DataLease& operator=(const DataLease&) = delete;

  // nullptr: there is none, or it cannot be mapped, or the control file is absent or retired.
  const DataReader* reader() const { return reader_; }

 private:
  ControlView* view_;
  const DataReader* reader_ = nullptr;  // if it is not null, the view's lock is held
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_CONTROL_VIEW_H_
