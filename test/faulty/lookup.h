// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One lookup handle of a client, and the table that turns the handles given to Winsock into it.
#pragma once

#include <winsock2.h>
#include <windows.h>

#include <memory>
#include <vector>

#include "channel.h"
#include "query.h"
#include "record.h"
#include "request.h"

namespace faulty {

struct Lookup {
  Lookup();
  ~Lookup();
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  Query query;
  Control control;
  const HANDLE cancel;  // set by End; wakes whoever waits for the host

  SRWLOCK lock = SRWLOCK_INIT;  // guards everything below
  CONDITION_VARIABLE fetched_or_ended = CONDITION_VARIABLE_INIT;
  bool ended = false;
  bool used = false;  // Next or Ioctl was called
  int inside = 0;     // calls of Next that are in progress
  bool fetching = false;
  bool fetched = false;
  bool read_to_end = false;  // a Next has been answered 10110
  DWORD first_code = 0;      // what a query that matched nothing answers
  std::vector<Record> items;
  std::vector<Record> told;  // the whole answer that the items come from or are the differences to
  uint64_t fetched_at = 0;   // the counters before the host was asked
  size_t cursor = 0;
  bool item_waits = false;  // the item at the cursor did not fit
  uint64_t seen = 0;
  bool reported = false;
  uint64_t report = 0;  // the counters that the last report saw
  int acknowledged = 0;
  std::shared_ptr<Request> notify;
  std::shared_ptr<Request> custom;
  // Looked at by switches only.
  DWORD narrowed = 0;
  size_t grown = 0;
  DWORD first_thread = 0;
  std::vector<std::pair<DWORD, size_t>> thread_cursors;
};
using LookupRef = std::shared_ptr<Lookup>;

enum class Found { kLive, kStale, kJunk };
Found FindLookup(HANDLE handle, LookupRef* lookup);

DWORD BeginLookup(int entry, WSAQUERYSETW* query, const WSASERVICECLASSINFOW* info, DWORD flags,
                  HANDLE* handle);
DWORD EndLookup(HANDLE handle);
void EndAllLookups(int entry);
// What the host must know to answer: op, query and the time left.
Bytes DescribeQuery(Op op, const Query& query, DWORD ms);
// True when the answers may have changed since `seen`; the caller holds the lock.
bool IsDirty(const Lookup& lookup, uint64_t now);

DWORD NextResult(HANDLE handle, DWORD flags, DWORD* length, void* results);
DWORD ControlLookup(HANDLE handle, DWORD code, const void* in, DWORD in_size, void* out,
                    DWORD out_size, DWORD* returned, const WSACOMPLETION* completion,
                    const WSATHREADID* thread);

}  // namespace faulty
