// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See control_lease.h.
#include "control_lease.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>

#include "control_writer.h"
#include "file_checks.h"
#include "security.h"
#include "text.h"

namespace nsp {
namespace {

// Far behind the end: the byte that is locked is never read or written.
constexpr DWORD kLockOffset = 0x7fff0000;
// A writer holds the sequence odd for microseconds. More tries would only wait for a dead one.
constexpr int kReadTries = 64;
// Where no host is; a name that a filter must have, and that no host takes.
constexpr wchar_t kNoPipe[] = L"\\\\.\\pipe\\winsock-nsp-none";
constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

Status CheckSize(HANDLE file) {
  LARGE_INTEGER size = {};
  if (!GetFileSizeEx(file, &size)) return Status::Last("GetFileSizeEx");
  if (size.QuadPart != kControlBytes) return {ERROR_FILE_CORRUPT, "GetFileSizeEx"};
  return {};
}

Status Map(HANDLE file, bool writable, UniqueView* view) {
  const Status status = CheckSize(file);
  if (!status.ok()) return status;
  UniqueHandle section(CreateFileMappingW(file, nullptr, writable ? PAGE_READWRITE : PAGE_READONLY,
                                          0, kControlBytes, nullptr));
  if (!section) return Status::Last("CreateFileMappingW");
  view->reset(
      MapViewOfFile(section.get(), writable ? FILE_MAP_WRITE : FILE_MAP_READ, 0, 0, kControlBytes));
  if (!*view) return Status::Last("MapViewOfFile");
  return {};
}

bool HeadIsSound(const ControlFile& file) {
  return CheckControlHead(file.magic, file.version, file.bytes);
}

uint64_t ProcessStartTime() {
  FILETIME start = {};
  FILETIME unused = {};
  if (!GetProcessTimes(GetCurrentProcess(), &start, &unused, &unused, &unused)) return 0;
  return static_cast<uint64_t>(start.dwHighDateTime) << 32 | start.dwLowDateTime;
}

bool IsZero(const uint8_t (&revision)[32]) {
  return std::all_of(std::begin(revision), std::end(revision), [](uint8_t b) { return b == 0; });
}

// An empty file: one that was just made, or whose maker was stopped before it had a size, so that
// no reader has ever taken it.
Status Extend(HANDLE file) {
  LARGE_INTEGER size = {};
  if (!GetFileSizeEx(file, &size)) return Status::Last("GetFileSizeEx");
  if (size.QuadPart != 0) return {};
  size.QuadPart = kControlBytes;
  if (!SetFilePointerEx(file, size, nullptr, FILE_BEGIN) || !SetEndOfFile(file)) {
    return Status::Last("SetEndOfFile");
  }
  return {};
}

}  // namespace

Status ControlLease::Open(const std::wstring& path) {
  handle_.reset(CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, kShareAll, nullptr,
                            OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  if (!handle_) return Status::Last("CreateFileW");
  const Status status = Map(handle_.get(), true, &view_);
  if (!status.ok()) return status;
  if (!HeadIsSound(*file())) return {ERROR_FILE_CORRUPT, "MapViewOfFile"};
  return {};
}

Status ControlLease::Lock() {
  OVERLAPPED where = {};
  where.Offset = kLockOffset;
  if (!LockFileEx(handle_.get(), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
                  &where)) {
    return Status::Last("LockFileEx");
  }
  return {};
}

void ControlLease::Publish(ControlFilter* filter, const std::wstring& pipe_name) {
  // The last host's filter, read as it lies there: we hold the lock, nobody writes it.
  const ControlFilter& last = file()->filter;
  const bool same_data = !IsZero(filter->revision) &&
                         std::memcmp(filter->revision, last.revision, sizeof(last.revision)) == 0;
  filter->epoch = last.epoch + 1;
  filter->host_pid = GetCurrentProcessId();
  filter->host_start_time = ProcessStartTime();
  filter->js_thread_count = 1;
  filter->js_threads[0] = GetCurrentThreadId();
  Write(filter, pipe_name);
  // After the filter: whoever sees the change finds the new host.
  if (!same_data) {
    BumpCounter(file(), kCounterGlobal);
    BumpCounter(file(), kCounterAny);
  }
}

void ControlLease::Seed(ControlFilter* filter) {
  const ControlFilter& last = file()->filter;
  filter->epoch = last.epoch;
  std::memcpy(filter->revision, last.revision, sizeof(filter->revision));
  Write(filter, kNoPipe);
}

void ControlLease::Write(ControlFilter* filter, const std::wstring& pipe_name) {
  filter->wire_min = kWireVersion;
  filter->wire_max = kWireVersion;
  for (size_t i = 0; i < std::size(filter->pipe_name); ++i) {
    filter->pipe_name[i] = i < pipe_name.size() ? static_cast<uint16_t>(pipe_name[i]) : uint16_t{0};
  }
  WriteControlFilter(file(), *filter);
}

Status CreateControl(const std::wstring& path, const std::wstring& sddl, ControlFilter* filter) {
  UniqueDescriptor descriptor;
  const Status parsed = ParseDescriptor(sddl, &descriptor);
  if (!parsed.ok()) return parsed;
  SECURITY_ATTRIBUTES attributes = {sizeof(attributes), descriptor.get(), FALSE};
  UniqueFile handle(CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, kShareAll, &attributes,
                                OPEN_ALWAYS, FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  if (!handle) return Status::Last("CreateFileW");
  const bool was_there = GetLastError() == ERROR_ALREADY_EXISTS;
  const Status extended = Extend(handle.get());
  if (!extended.ok()) return extended;
  UniqueView view;
  const Status mapped = Map(handle.get(), true, &view);
  if (!mapped.ok()) return mapped;
  auto* file = static_cast<ControlFile*>(view.get());
  if (file->magic == 0) InitializeControl(file);
  if (!HeadIsSound(*file)) return {ERROR_FILE_CORRUPT, "MapViewOfFile"};
  if (was_there) {
    const Status secured = SetPathDescriptor(path, sddl);
    if (!secured.ok()) return secured;
  }
  ControlLease lease;
  const Status opened = lease.Open(path);
  if (!opened.ok()) return opened;
  // Locked by a host: its filter is newer than ours.
  if (filter != nullptr && lease.Lock().ok()) lease.Seed(filter);
  SetRetired(file, false);
  return {};
}

Status RetireControl(const std::wstring& path) {
  ControlLease lease;
  const Status status = lease.Open(path);
  if (status.ok()) SetRetired(lease.file(), true);
  return status;
}

std::optional<ControlState> ReadControl(const std::wstring& path) {
  UniqueFile handle(CreateFileW(path.c_str(), GENERIC_READ, kShareAll, nullptr, OPEN_EXISTING,
                                FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  UniqueView view;
  if (!handle || !Map(handle.get(), false, &view).ok()) return std::nullopt;
  const auto& file = *static_cast<const ControlFile*>(view.get());
  if (!HeadIsSound(file)) return std::nullopt;
  ControlState state;
  state.retired = IsRetired(file);
  const auto filter = std::make_unique<ControlFilter>();
  if (ReadControlFilter(file, kReadTries, filter.get()) && CheckControlFilter(*filter)) {
    state.epoch = filter->epoch;
    state.host_pid = filter->host_pid;
    for (size_t i = 0; filter->pipe_name[i] != 0; ++i) {
      state.pipe_name += static_cast<wchar_t>(filter->pipe_name[i]);
    }
  }
  return state;
}

}  // namespace nsp
