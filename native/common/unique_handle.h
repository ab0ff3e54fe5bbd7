// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Owners of Win32 resources, and the only file that may call their closing functions. Freestanding:
// fit for the DLL. Handles that fail as null and handles that fail as INVALID_HANDLE_VALUE are
// different types.
#ifndef WINSOCK_NSP_COMMON_UNIQUE_HANDLE_H_
#define WINSOCK_NSP_COMMON_UNIQUE_HANDLE_H_

#include "windows_headers.h"

namespace nsp {

// Owns one resource. A policy names its type (`Type`), the value that means "none" (`None`), and
// how it is closed (`Close`). Closing keeps the thread's last error, so that a failing function may
// return the reason for its failure after its owners have cleaned up.
template <typename Policy>
class Unique {
 public:
  using Type = typename Policy::Type;

  Unique() noexcept = default;
  explicit Unique(Type value) noexcept : value_(value) {}
  Unique(Unique&& other) noexcept : value_(other.release()) {}
  Unique& operator=(Unique&& other) noexcept {
    if (this != &other) {
      reset(other.release());
    }
    return *this;
  }
  Unique(const Unique&) = delete;
  Unique& operator=(const Unique&) = delete;
  ~Unique() { reset(); }

  [[nodiscard]] Type get() const noexcept { return value_; }
  explicit operator bool() const noexcept { return value_ != Policy::None(); }

  // Gives the resource up without closing it.
  [[nodiscard]] Type release() noexcept {
    Type value = value_;
    value_ = Policy::None();
    return value;
  }

  void reset(Type value = Policy::None()) noexcept {
    Type old = value_;
    value_ = value;
    if (old != Policy::None()) {
      const DWORD error = GetLastError();
      Policy::Close(old);
      SetLastError(error);
    }
  }

  // For functions that return a resource through a pointer; what was owned before is closed.
  [[nodiscard]] Type* put() noexcept {
    reset();
    return &value_;
  }

 private:
  Type value_ = Policy::None();
};

// The family that fails as null: events, processes, threads, tokens, sections, completion ports.
struct HandlePolicy {
  using Type = HANDLE;
  static Type None() noexcept { return nullptr; }
  static void Close(Type value) noexcept { CloseHandle(value); }
};
// The family that fails as INVALID_HANDLE_VALUE: files, pipes, snapshots.
struct FilePolicy {
  using Type = HANDLE;
  static Type None() noexcept { return INVALID_HANDLE_VALUE; }
  static void Close(Type value) noexcept { CloseHandle(value); }
};
struct FindPolicy {
  using Type = HANDLE;
  static Type None() noexcept { return INVALID_HANDLE_VALUE; }
  static void Close(Type value) noexcept { FindClose(value); }
};
struct ModulePolicy {
  using Type = HMODULE;
  static Type None() noexcept { return nullptr; }
  static void Close(Type value) noexcept { FreeLibrary(value); }
};
struct KeyPolicy {
  using Type = HKEY;
  static Type None() noexcept { return nullptr; }
  static void Close(Type value) noexcept { RegCloseKey(value); }
};
struct ViewPolicy {
  using Type = void*;
  static Type None() noexcept { return nullptr; }
  static void Close(Type value) noexcept { UnmapViewOfFile(value); }
};
struct PoolPolicy {
  using Type = PTP_POOL;
  static Type None() noexcept { return nullptr; }
  static void Close(Type value) noexcept { CloseThreadpool(value); }
};
struct PoolGroupPolicy {
  using Type = PTP_CLEANUP_GROUP;
  static Type None() noexcept { return nullptr; }
  static void Close(Type value) noexcept { CloseThreadpoolCleanupGroup(value); }
};
struct PoolWorkPolicy {
  using Type = PTP_WORK;
  static Type None() noexcept { return nullptr; }
  static void Close(Type value) noexcept { CloseThreadpoolWork(value); }
};
struct PoolTimerPolicy {
  using Type = PTP_TIMER;
  static Type None() noexcept { return nullptr; }
  static void Close(Type value) noexcept { CloseThreadpoolTimer(value); }
};
struct PoolWaitPolicy {
  using Type = PTP_WAIT;
  static Type None() noexcept { return nullptr; }
  static void Close(Type value) noexcept { CloseThreadpoolWait(value); }
};
// What the security and text functions of Windows allocate for their caller: SIDs, descriptors,
// strings.
template <typename T>
struct LocalPolicy {
  using Type = T;
  static Type None() noexcept { return nullptr; }
  static void Close(Type value) noexcept { LocalFree(value); }
};

using UniqueHandle = Unique<HandlePolicy>;
using UniqueFile = Unique<FilePolicy>;
using UniqueFind = Unique<FindPolicy>;
using UniqueModule = Unique<ModulePolicy>;
using UniqueKey = Unique<KeyPolicy>;
using UniqueView = Unique<ViewPolicy>;
using UniquePool = Unique<PoolPolicy>;
using UniquePoolGroup = Unique<PoolGroupPolicy>;
using UniquePoolWork = Unique<PoolWorkPolicy>;
using UniquePoolTimer = Unique<PoolTimerPolicy>;
using UniquePoolWait = Unique<PoolWaitPolicy>;
using UniqueSid = Unique<LocalPolicy<PSID>>;
using UniqueDescriptor = Unique<LocalPolicy<PSECURITY_DESCRIPTOR>>;
using UniqueAcl = Unique<LocalPolicy<PACL>>;
using UniqueLocalText = Unique<LocalPolicy<LPWSTR>>;

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_UNIQUE_HANDLE_H_
