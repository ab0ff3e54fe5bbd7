// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// This process's view of the control file: the mapping, the counters, and checked copies of the
// filter.
#ifndef WINSOCK_NSP_PROVIDER_CONTROL_VIEW_H_
#define WINSOCK_NSP_PROVIDER_CONTROL_VIEW_H_

#include "control_file.h"
#include "data_mapping.h"
#include "guarded_copy.h"
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

  // Untrusted memory, for guarded reads.
  const ControlFile* file() const { return static_cast<const ControlFile*>(view_.get()); }
  // True also when the memory cannot be read any more.
  bool retired() const;
  // The filter with this sequence is what holds now.
  bool Holds(uint32_t sequence) const;
  // The counter's value; unreadable memory reads as 0. `index` is below kCounterCount.
  uint32_t counter(uint32_t index) const;
  // The values of `count` counters; the same holds.
  void ReadCounters(const uint16_t* index, uint32_t count, uint32_t* values) const;
  // The number of today's data file; 0: none. `*holds`: as Holds.
  uint32_t DataFile(uint32_t sequence, bool* holds) const;
  bool ReadSequence(uint32_t* sequence) const;
  // One consistent, checked copy of the filter within bounded retries.
  [[nodiscard]] bool ReadFilter(ControlFilter* filter, uint32_t* sequence) const;

 private:
  UniqueView view_;
};

// An immutable copy of what a host wrote at its start, and the file that it is of.
struct FilterCopy : public Counted<FilterCopy> {
  explicit FilterCopy(Ref<ControlMapping> of) : mapping(std::move(of)), file(mapping->file()) {}
  const Ref<ControlMapping> mapping;
  const ControlFile* const file;  // of the mapping: a poll follows few pointers
  uint32_t sequence = 0;
  ControlFilter filter;
};

// What one call works with: one reference for all of it. Only one that is not empty has members.
class ControlState {
 public:
  ControlState() = default;
  explicit ControlState(Ref<FilterCopy> copy) : copy_(std::move(copy)) {}
  explicit operator bool() const { return static_cast<bool>(copy_); }
  const ControlMapping& mapping() const { return *copy_->mapping; }
  const ControlFilter& filter() const { return copy_->filter; }
  uint32_t sequence() const { return copy_->sequence; }
  // Nothing was written since it was copied.
  bool IsFresh() const { return mapping().Holds(sequence()); }
  // The same, and the counter that every change bumps still has this value.
  bool IsUnchanged(uint32_t any) const {
    static_assert(offsetof(ControlFile, sequence) == offsetof(ControlFile, flags) + 4);
    const ControlFile* const file = copy_->file;
    // No flag is set.
    const uint64_t same = uint64_t{copy_->sequence} << 32;
    return GuardedMatch(&file->flags, same, &file->counters[kCounterAny], any);
  }
  // The number of today's data file; 0: none. `*fresh`: as IsFresh.
  uint32_t DataFile(bool* fresh) const { return mapping().DataFile(sequence(), fresh); }

 private:
  Ref<FilterCopy> copy_;
};

struct FilterQuestion;

class ControlView {
 public:
  enum class Verdict { kUnknown, kForeign, kOurs };

  // `path` is absolute and outlives the view. `lock` is the module's, so that a question is
  // answered under one lock; files are opened without it.
  ControlView(const wchar_t* path, SRWLOCK* lock) : path_(path), lock_(lock) {}

  // The present state; empty if the file is absent, unreadable or retired. Opens the file on first
  // use, and at most once a second while it is missing or retired.
  ControlState State();
  // The same, but empty as well if the filter does not own the question: most questions are for
  // others.
  ControlState StateFor(const FilterQuestion& question);
  // The same from what was read last, without a reference for a foreign question; kUnknown: the
  // files are to be looked at. Needs the lock, at least shared.
  Verdict Judge(const FilterQuestion& question, ControlState* state) const;

  // What Data gave last; perhaps of yesterday. Needs the lock, at least shared.
  const MappedData& mapped() const { return data_; }
  // Today's data file. Empty if there is none, or it cannot be mapped, or the control file is
  // absent or retired. Maps it when its number is new; if that fails, tries again at most once a
  // second.
  Ref<DataMapping> Data();

 private:
  bool Fresh() const { return state_ && state_.IsFresh(); }
  void Reopen(ControlState* state);
  bool IsToday(uint32_t number) const;
  void MapData();

  const wchar_t* path_;

  SRWLOCK* const lock_;  // guards what follows
  ControlState state_;
  MappedData data_;  // what it is, or was to be
  uint64_t next_data_try_ = 0;

  SRWLOCK opening_ = SRWLOCK_INIT;  // taken before that lock; one thread opens. Guards what follows
  Ref<ControlMapping> mapping_;
  uint64_t next_try_ = 0;
  bool torn_ = false;  // the filter was being written; what is there is the last whole one
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_CONTROL_VIEW_H_
