// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See control_view.h.
#include "control_view.h"

#include "file_checks.h"
#include "filter.h"
#include "guarded_copy.h"
#include "switches.h"

namespace nsp {
namespace {

constexpr int kSeqlockTries = 64;
constexpr uint64_t kReopenMs = 1000;
// A writer that lost its processor in the middle of the filter has it again by then.
constexpr uint64_t kTornMs = 20;
constexpr uint32_t kTorn = 1;  // a sequence that no whole filter has

bool Owns(const ControlState& state, const FilterQuestion& question) {
  return OwnsQuery(state.filter(), question) || SwitchedOff("filter");
}

}  // namespace

Ref<ControlMapping> ControlMapping::Open(const wchar_t* path) {
  UniqueFile file(CreateFileW(path, GENERIC_READ,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                              OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  LARGE_INTEGER size = {};
  if (!file || !GetFileSizeEx(file.get(), &size) || size.QuadPart != kControlBytes) {
    return {};
  }
  UniqueHandle section(CreateFileMappingW(file.get(), nullptr, PAGE_READONLY, 0, 0, nullptr));
  if (!section) {
    return {};
  }
  UniqueView view(MapViewOfFile(section.get(), FILE_MAP_READ, 0, 0, kControlBytes));
  if (!view) {
    return {};
  }
  uint32_t head[3];
  if (!GuardedCopy(head, view.get(), sizeof(head)) ||
      !CheckControlHead(head[0], head[1], head[2])) {
    return {};
  }
  return MakeRef<ControlMapping>(std::move(view));
}

bool ControlMapping::retired() const {
  uint32_t flags = 0;
  return !GuardedRead(&flags, &file()->flags) || (flags & kControlRetired) != 0;
}

bool ControlMapping::Holds(uint32_t sequence) const {
  struct {
    uint32_t flags;
    uint32_t sequence;
  } now;
  static_assert(offsetof(ControlFile, sequence) == offsetof(ControlFile, flags) + 4);
  return GuardedRead(&now, &file()->flags) && now.sequence == sequence &&
         (now.flags & kControlRetired) == 0;
}

uint32_t ControlMapping::counter(uint32_t index) const {
  uint32_t value = 0;
  return GuardedRead(&value, &file()->counters[index]) ? value : 0;
}

void ControlMapping::ReadCounters(const uint16_t* index, uint32_t count, uint32_t* values) const {
  if (!GuardedGather(values, file()->counters, index, count)) {
    std::memset(values, 0, count * sizeof(*values));
  }
}

uint32_t ControlMapping::DataFile(uint32_t sequence, bool* holds) const {
  struct {
    uint32_t flags;
    uint32_t sequence;
    uint32_t data_file;
  } now;
  static_assert(offsetof(ControlFile, data_file) == offsetof(ControlFile, flags) + 8);
  if (!GuardedRead(&now, &file()->flags)) {
    *holds = false;
    return 0;
  }
  *holds = (now.flags & kControlRetired) == 0 && now.sequence == sequence;
  return now.data_file;
}

bool ControlMapping::ReadSequence(uint32_t* sequence) const {
  return GuardedRead(sequence, &file()->sequence);
}

bool ControlMapping::ReadFilter(ControlFilter* filter, uint32_t* sequence) const {
  for (int i = 0; i < kSeqlockTries; ++i) {
    uint32_t before = 0;
    uint32_t after = 0;
    if (!ReadSequence(&before) || before == 0) {
      return false;  // 0: no filter was ever written
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if ((before & 1) == 0) {
      if (!GuardedCopy(filter, &file()->filter, sizeof(*filter))) {
        return false;
      }
      std::atomic_thread_fence(std::memory_order_acquire);
      if (ReadSequence(&after) && after == before) {
        *sequence = before;
        return CheckControlFilter(*filter) || SwitchedOff("filter-check");
      }
    }
    SwitchToThread();
  }
  *sequence = kTorn;
  return false;
}

// A filter that is just being written is no reason to forget the last one: what it says of its host
// is over, but not what is ours and for how long a request may wait.
void ControlView::Reopen(ControlState* state) {
  ControlState last;
  std::swap(last, *state);
  torn_ = false;
  if (!mapping_ || mapping_->retired()) {
    last = {};
    mapping_ = ControlMapping::Open(path_);
  }
  if (!mapping_ || mapping_->retired()) {
    return;
  }
  Ref<FilterCopy> copy = MakeRef<FilterCopy>(mapping_);
  if (copy && mapping_->ReadFilter(&copy->filter, &copy->sequence)) {
    *state = ControlState(std::move(copy));
  } else if (copy && copy->sequence == kTorn) {
    torn_ = true;
    *state = std::move(last);
  }
}

ControlView::Verdict ControlView::Judge(const FilterQuestion& question, ControlState* state) const {
  if (!Fresh()) {
    return Verdict::kUnknown;
  }
  if (!Owns(state_, question)) {
    return Verdict::kForeign;
  }
  *state = state_;
  return Verdict::kOurs;
}

ControlState ControlView::StateFor(const FilterQuestion& question) {
  ControlState state = State();
  return state && Owns(state, question) ? state : ControlState();
}

ControlState ControlView::State() {
  {
    SharedLock lock(lock_);
    if (Fresh()) {
      return state_;
    }
  }
  ExclusiveLock opening(&opening_);
  ControlState state;
  {
    SharedLock lock(lock_);
    state = state_;
    if (Fresh()) {
      return state;
    }
  }
  uint64_t now = GetTickCount64();
  bool was_good = state && !torn_;
  if (!was_good && now < next_try_) {
    return state;
  }
  Reopen(&state);
  next_try_ = torn_ ? now + kTornMs : state ? 0 : now + (was_good ? 0 : kReopenMs);
  // What goes with the old ones goes after the lock.
  ControlState shown = state;
  MappedData data;
  ExclusiveLock lock(lock_);
  std::swap(state_, shown);
  if (!mapping_ || mapping_->retired()) {
    // Whoever uninstalls wants to delete it.
    std::swap(data_, data);
  }
  return state;
}

// Needs the lock.
bool ControlView::IsToday(uint32_t number) const {
  return number == data_.number &&
         (data_.mapping || number == 0 || GetTickCount64() < next_data_try_);
}

void ControlView::MapData() {
  ExclusiveLock opening(&opening_);
  uint32_t number = 0;
  {
    SharedLock lock(lock_);
    bool fresh = false;
    number = state_ ? state_.DataFile(&fresh) : 0;
    if (!fresh || IsToday(number)) {
      return;
    }
  }
  MappedData data;
  data.number = number;
  if (number != 0) {
    data.mapping = DataMapping::Open(path_, number);
  }
  ExclusiveLock lock(lock_);
  std::swap(data_, data);
  next_data_try_ = GetTickCount64() + kReopenMs;
}

Ref<DataMapping> ControlView::Data() {
  for (int i = 0; i < 2; ++i) {
    bool fresh = false;
    {
      SharedLock lock(lock_);
      const uint32_t number = state_ ? state_.DataFile(&fresh) : 0;
      if (fresh && IsToday(number)) {
        return data_.mapping;
      }
    }
    if (!fresh && !State()) {
      break;
    }
    MapData();
  }
  return {};
}

}  // namespace nsp
