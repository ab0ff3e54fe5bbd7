// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a process holds, asked from outside.
#include "hostile.h"

// After windows.h.
#include <psapi.h>

namespace torture {
namespace {

// SystemHandleInformation (16) of NtQuerySystemInformation: Wine answers 0 to
// GetProcessHandleCount.
struct HandleEntry {
  uint16_t process;
  uint16_t trace;
  uint8_t type;
  uint8_t attributes;
  uint16_t value;
  void* object;
  uint32_t access;
};
struct HandleList {
  ULONG count;
  HandleEntry entries[1];
};

}  // namespace

uint32_t HandlesOf(DWORD process) {
  using Query = LONG(NTAPI*)(ULONG, void*, ULONG, ULONG*);
  const auto query = reinterpret_cast<Query>(reinterpret_cast<void*>(
      GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQuerySystemInformation")));
  std::vector<uint8_t> room(1 << 20);
  ULONG need = 0;
  while (query(16, room.data(), static_cast<ULONG>(room.size()), &need) != 0) {
    if (room.size() > 64u << 20) return 0;
    room.resize(room.size() * 2);
  }
  const auto* list = reinterpret_cast<const HandleList*>(room.data());
  uint32_t count = 0;
  for (ULONG i = 0; i < list->count; ++i)
    count += list->entries[i].process == static_cast<uint16_t>(process) ? 1 : 0;
  return count;
}

int RunMeasure(const Arguments& arguments) {
  const DWORD process = arguments.Number(L"pid", GetCurrentProcessId());
  PROCESS_MEMORY_COUNTERS_EX memory = {};
  memory.cb = sizeof memory;
  const HANDLE handle = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, process);
  const bool good = K32GetProcessMemoryInfo(
      handle, reinterpret_cast<PROCESS_MEMORY_COUNTERS*>(&memory), sizeof memory);
  Say(std::string("{\"ok\":") + (good ? "true" : "false") +
      ",\"handles\":" + std::to_string(HandlesOf(process)) +
      ",\"privateBytes\":" + std::to_string(memory.PrivateUsage) +
      ",\"workingSet\":" + std::to_string(memory.WorkingSetSize) + "}");
  CloseHandle(handle);
  return good ? 0 : 1;
}

}  // namespace torture
