// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Names, making and waking of change pipes; see change_pipe.h.
#include "change_pipe.h"

#include <cwchar>

namespace rig {
namespace {

// Pipes are numbered, because Wine cannot list the pipes that exist.
constexpr wchar_t kPipes[] = L"\\\\.\\pipe";
constexpr wchar_t kHearing[] = L"\\rig-config-change-";
constexpr wchar_t kDeaf[] = L"\\rig-config-change-deaf-";
constexpr wchar_t kCounter[] = L"Global\\NameSpace_Catalog5_Change_Pipes";
constexpr LONG kMostPipes = 256;

constexpr DWORD kBufferSize = 64;

std::wstring NumberedPath(const wchar_t* prefix, LONG number) {
  return kPipes + (prefix + std::to_wstring(number));
}

// One more than the highest number in use, in memory that all processes share. It exists as long
// as some process has made a pipe, so without any a writer has nothing to do.
class PipeCounter {
 public:
  explicit PipeCounter(HANDLE mapping) : mapping_(mapping) {
    if (mapping == nullptr) return;
    count_ = static_cast<LONG*>(MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, sizeof *count_));
  }
  ~PipeCounter() {
    if (count_ != nullptr) UnmapViewOfFile(count_);
    if (mapping_ != nullptr) CloseHandle(mapping_);
  }
  PipeCounter(const PipeCounter&) = delete;
  PipeCounter& operator=(const PipeCounter&) = delete;

  LONG Read() const { return count_ == nullptr ? 0 : InterlockedCompareExchange(count_, 0, 0); }

  bool RaiseTo(LONG count) {
    if (count_ == nullptr) return false;
    for (LONG now = Read(); now < count;) {
      const LONG seen = InterlockedCompareExchange(count_, count, now);
      if (seen == now) break;
      now = seen;
    }
    return true;
  }

 private:
  HANDLE mapping_;
  LONG* count_ = nullptr;
};

// Never destroyed: the counter lives as long as the process that has made a pipe.
PipeCounter& OwnCounter() {
  static PipeCounter& counter = *new PipeCounter(
      CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0, sizeof(LONG), kCounter));
  return counter;
}

// INVALID_HANDLE_VALUE if the number is taken.
HANDLE CreateNumbered(const std::wstring& path) {
  return CreateNamedPipeW(
      path.c_str(), PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
      PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS, 1, 0, kBufferSize, 0,
      nullptr);
}

}  // namespace

void AnnounceChange(DWORD serial) {
  KeepLastError keep;
  const PipeCounter counter(OpenFileMappingW(FILE_MAP_WRITE, FALSE, kCounter));
  const LONG count = counter.Read();
  for (LONG number = 0; number < count && number < kMostPipes; ++number)
    ConnectChangePipe(NumberedPath(kHearing, number), serial);
}

DWORD CreateChangePipe(DWORD serial, bool deaf, HANDLE* pipe) {
  for (LONG number = 0; number < kMostPipes; ++number) {
    const std::wstring path = NumberedPath(deaf ? kDeaf : kHearing, number);
    const HANDLE made = CreateNumbered(path);
    if (made == INVALID_HANDLE_VALUE) continue;
    // A new pipe can be connected to at once; what it is told now, it has not been asked yet.
    if (OwnCounter().RaiseTo(number + 1) && ConnectChangePipe(path, serial)) {
      *pipe = made;
      return 0;
    }
    CloseHandle(made);
  }
  return WSA_NOT_ENOUGH_MEMORY;
}

std::wstring ChangePipePath(HANDLE pipe) {
  struct {
    FILE_NAME_INFO info;
    wchar_t more[MAX_PATH];
  } name{};
  if (!GetFileInformationByHandleEx(pipe, FileNameInfo, &name, sizeof name)) return {};
  const std::wstring path(name.info.FileName, name.info.FileNameLength / sizeof(wchar_t));
  if (path.compare(0, wcslen(kHearing), kHearing) != 0) return {};
  return kPipes + path;
}

bool ConnectChangePipe(const std::wstring& path, DWORD serial) {
  const HANDLE end =
      CreateFileW(path.c_str(), GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (end == INVALID_HANDLE_VALUE) return false;
  DWORD written = 0;
  WriteFile(end, &serial, sizeof serial, &written, nullptr);
  CloseHandle(end);
  return true;
}

}  // namespace rig
