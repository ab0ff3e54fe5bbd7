// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See log.h.
#include "log.h"

namespace torture {

Log& TheLog() {
  static auto* const log = new Log;
  return *log;
}

bool Log::Open(const wchar_t* path, uint32_t records) {
  const HANDLE file =
      CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                  CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) return false;
  const uint64_t size = static_cast<uint64_t>(records) * sizeof(Record);
  const HANDLE section =
      CreateFileMappingW(file, nullptr, PAGE_READWRITE, static_cast<DWORD>(size >> 32),
                         static_cast<DWORD>(size), nullptr);
  if (section == nullptr) return false;
  records_ = static_cast<Record*>(MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0));
  room_ = static_cast<LONG>(records);
  return records_ != nullptr;
}

void Log::Add(Kind kind, uint32_t id, uint32_t type, uint32_t code, uint32_t value,
              uint32_t extra) {
  if (records_ == nullptr) return;
  const LONG at = InterlockedIncrement(&used_) - 1;
  if (at >= room_) return;
  Record& record = records_[at];
  record.id = id;
  record.type = type;
  record.code = code;
  record.at = WallMicroseconds();
  record.value = value;
  record.extra = extra;
  InterlockedExchange(reinterpret_cast<volatile LONG*>(&record.kind), static_cast<LONG>(kind));
}

uint64_t WallMicroseconds() {
  FILETIME time;
  GetSystemTimePreciseAsFileTime(&time);
  const uint64_t ticks = static_cast<uint64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime;
  return ticks / 10 - 11644473600000000u;
}

uint64_t SteadyMicroseconds() {
  LARGE_INTEGER now;
  LARGE_INTEGER frequency;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&now);
  return static_cast<uint64_t>(now.QuadPart) * 1000000u / static_cast<uint64_t>(frequency.QuadPart);
}

}  // namespace torture
