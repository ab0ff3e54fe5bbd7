// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The control file that the host writes and every client process maps: who serves, under which
// deadlines, and the change counters. It outlives the host, so that a client sees a host that is
// down as such, and polls never need the host.
#pragma once

#include <winsock2.h>
#include <windows.h>

#include <cstdint>
#include <string>

namespace faulty {

constexpr uint32_t kControlMagic = 0x334C5446;  // "FTL3"
constexpr uint32_t kBuckets = 256;
constexpr int kEntries = 4;

enum class Op : uint32_t {
  kLookup = 1,
  kIoctl,
  kStillValid,
  kPing,
  kWatch,
  kSetService,
  kInstallClass,
  kRemoveClass,
  kClassInfo
};

struct Entry {
  GUID id;
  DWORD name_space;
  const char* key;
  bool registers;  // and stores classes
  bool feed;       // Next goes on with what has changed
};
// The catalog entries of the faulty provider: names (NS_DNS), mesh, vouch and feed.
extern const Entry kEntryTable[kEntries];
int EntryIndex(const GUID& id);

struct ControlFile {
  uint32_t magic;
  volatile LONG retired;
  volatile LONG epoch;
  volatile LONG last_change;  // GetTickCount of the newest change; only switches look at it
  DWORD host_pid;
  DWORD host_thread;
  DWORD lookup_ms;
  DWORD ioctl_ms;
  DWORD grace_ms;
  uint32_t revision;  // hash of what the last host vouched for; 0: nothing
  wchar_t pipe[64];
  volatile LONG global;
  volatile LONG any;
  volatile LONG entries[kEntries];
  volatile LONG names[kBuckets];
  volatile LONG suffixes[kBuckets];
  volatile LONG classes[kBuckets];
};

// What the class that is asked for says about the question.
enum class Kind { kOther, kA, kAaaa, kPtr, kHostByAddress, kServiceByName, kHostByName };
Kind KindOf(const GUID& service_class);

std::wstring ControlPath();
uint32_t HashText(const std::wstring& lower);
uint32_t HashClass(const GUID& id);
std::wstring Lower(std::wstring text);

}  // namespace faulty
