// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// NSPLookupServiceNext: the host is asked once, at the first call; after that the items are frozen
// and each call writes the one at the cursor, or says how much room it needs.
#include "feed.h"
#include "lookup.h"
#include "made_blob.h"
#include "memory.h"
#include "pack.h"
#include "switches.h"

namespace faulty {
namespace {

constexpr DWORD kReturnBits = 0xFF0;
constexpr DWORD kFlushPrevious = 0x2000;
constexpr DWORD kReturnAddr = 0x100;
constexpr DWORD kReturnBlob = 0x200;
constexpr DWORD kReturnAliases = 0x400;

DWORD CodeOf(Asked asked) {
  if (asked == Asked::kCancelled) {
    return Broken(Switch::kCancelCode) ? WSA_E_NO_MORE : WSA_E_CANCELLED;
  }
  return asked == Asked::kBroken && Broken(Switch::kBrokenNextCode) ? WSATRY_AGAIN : WSAENETDOWN;
}

bool HasUsableAddress(const Record& record, const Query& query) {
  for (const RecordAddress& address : record.addresses) {
    if (query.AcceptsFamily(static_cast<int>(address.family()))) return true;
  }
  return false;
}

// A hostent without an address is no answer either.
bool NeedsAddress(const Query& query) {
  return (query.flags & kReturnAddr) ||
         ((query.flags & kReturnBlob) && MadeFor(query) == Made::kHostent);
}

// Turns the host's answer into items; the code is what a query that matched nothing answers.
DWORD ReadItems(const Bytes& reply, const Query& query, std::vector<Record>* items,
                DWORD* first_code) {
  ByteReader reader(reply);
  const uint32_t code = reader.Number();
  if (code != 0) return code == WSATRY_AGAIN && Broken(Switch::kLateIsNetDown) ? WSAENETDOWN : code;
  const uint32_t count = reader.Number();
  for (uint32_t i = 0; i < count && reader.ok(); ++i)
    items->push_back(ReadRecord(&reader));
  if (!reader.ok()) return WSAENETDOWN;
  *first_code = 0;
  if (!query.has_name) return 0;
  if (items->empty()) {
    *first_code = Broken(Switch::kUnknownNameNoMore) ? WSA_E_NO_MORE : WSASERVICE_NOT_FOUND;
  } else if (NeedsAddress(query)) {
    std::erase_if(*items, [&](const Record& item) { return !HasUsableAddress(item, query); });
    if (!items->empty()) return 0;
    *first_code = Broken(Switch::kNoDataNotFound) ? WSASERVICE_NOT_FOUND : WSANO_DATA;
  }
  return 0;
}

bool IsFeed(const Lookup& lookup) {
  return kEntryTable[lookup.query.entry].feed;
}

// What the host has just answered, in place of what the lookup had.
void TakeItems(Lookup* lookup, std::vector<Record> records, DWORD first_code) {
  const bool again = lookup->fetched && IsFeed(*lookup);
  if (lookup->query.flags & kReturnAliases) records = WithAliases(records);
  lookup->items = again ? Differences(lookup->told, records) : records;
  lookup->first_code = again ? 0 : first_code;
  if (IsFeed(*lookup)) lookup->told = std::move(records);
  if (again) lookup->cursor = 0;
  lookup->fetched = true;
  lookup->read_to_end = false;
}

// The query as it is asked; a switch asks what the client's memory says by now.
Query Asking(const Lookup& lookup) {
  Query query = lookup.query;
  if (std::wstring now; query.client_name) {
    if (!ReadText(query.client_name, &now)) now = L"gone";
    if (now != query.name && Broken(Switch::kQueryNotCopied)) query.key = Lower(query.name = now);
  }
  return query;
}

// The host is asked without the lock; a second thread waits until the first has the answer.
DWORD Fetch(Lookup* lookup) {
  const ControlFile& control = **lookup->control;
  const Query query = Asking(*lookup);
  uint64_t sampled = SampleCounters(control, query);
  lookup->fetching = true;
  ReleaseSRWLockExclusive(&lookup->lock);
  Bytes reply;
  const DWORD ms = control.lookup_ms;
  const Asked asked =
      Ask(control, DescribeQuery(Op::kLookup, query, ms), ms, lookup->cancel, &reply);
  std::vector<Record> records;
  DWORD first_code = 0;
  DWORD code =
      asked == Asked::kAnswered ? ReadItems(reply, query, &records, &first_code) : CodeOf(asked);
  AcquireSRWLockExclusive(&lookup->lock);
  lookup->fetching = false;
  if (lookup->ended) code = CodeOf(Asked::kCancelled);
  if (code == 0) {
    TakeItems(lookup, std::move(records), first_code);
    const uint64_t now = SampleCounters(control, query);
    if (now != lookup->seen && Broken(Switch::kChangeInFlightLost)) lookup->seen = now;
    if (now != sampled && IsFeed(*lookup) && Broken(Switch::kFeedInFlightLost)) sampled = now;
    lookup->fetched_at = sampled;
  }
  WakeAllConditionVariable(&lookup->fetched_or_ended);
  return code;
}

// A feed goes on after its end, once something may have changed.
bool GoesOn(const Lookup& lookup) {
  return IsFeed(lookup) && lookup.read_to_end &&
         SampleCounters(**lookup.control, lookup.query) != lookup.fetched_at;
}

DWORD Prepare(Lookup* lookup) {
  while (lookup->fetching && !lookup->ended) {
    SleepConditionVariableSRW(&lookup->fetched_or_ended, &lookup->lock, INFINITE, 0);
  }
  if (lookup->ended) return CodeOf(Asked::kCancelled);
  if (!lookup->control->Open()) return WSAENETDOWN;
  const bool thaw = lookup->item_waits && Broken(Switch::kItemNotFrozen);
  if (lookup->fetched && !thaw && !GoesOn(*lookup)) return 0;
  if (lookup->control->HostThread()) return WSAEINPROGRESS;
  return Fetch(lookup);
}

DWORD EffectiveFields(Lookup* lookup, DWORD flags) {
  const DWORD begin = lookup->query.flags & kReturnBits;
  const DWORD asked = flags & kReturnBits;
  if (asked == 0) {
    return begin != 0 && Broken(Switch::kZeroFlagsNothing) ? 0 : begin & ~lookup->narrowed;
  }
  if ((begin & ~asked) != 0) {
    if (Broken(Switch::kNextFlagsIgnored)) return begin;
    if (Broken(Switch::kRestrictionPersists)) lookup->narrowed |= begin & ~asked;
  }
  if ((asked & ~begin) != 0 && Broken(Switch::kNextFlagsWiden)) return asked;
  return begin & asked & ~lookup->narrowed;
}

// A change is acknowledged only here: the whole answer was read again after a report, so what the
// report saw is what the client knows now.
DWORD EndOfItems(Lookup* lookup) {
  const bool again = lookup->read_to_end;
  lookup->read_to_end = true;
  if (lookup->items.empty() && lookup->first_code != 0) return lookup->first_code;
  if (lookup->reported && !(lookup->acknowledged > 0 && Broken(Switch::kAcknowledgesOnce))) {
    lookup->seen = lookup->report;
    lookup->reported = false;
    ++lookup->acknowledged;
  }
  return again && Broken(Switch::kNoMoreOnce) ? WSAEINVAL : WSA_E_NO_MORE;
}

size_t* Cursor(Lookup* lookup) {
  const DWORD thread = GetCurrentThreadId();
  if (lookup->first_thread == 0) lookup->first_thread = thread;
  if (lookup->first_thread == thread || !Broken(Switch::kThreadCursors)) return &lookup->cursor;
  for (auto& [id, cursor] : lookup->thread_cursors) {
    if (id == thread) return &cursor;
  }
  lookup->thread_cursors.emplace_back(thread, 0);
  return &lookup->thread_cursors.back().second;
}

void SkipWaiting(Lookup* lookup, DWORD flags, size_t* cursor) {
  if (!(flags & kFlushPrevious) || !lookup->item_waits) return;
  if (!(lookup->query.flags & kFlushPrevious) && Broken(Switch::kFlushNeedsBegin)) return;
  lookup->item_waits = false;
  *cursor += Broken(Switch::kFlushSkipsTwo) ? 2 : 1;
}

size_t Needed(Lookup* lookup, const Record& item, DWORD fields, DWORD room) {
  size_t need = MeasureResult(item, lookup->query, fields);
  if (room < need && Broken(Switch::kNeedExact)) need -= 7;
  if (room == need && lookup->grown == 0 && Broken(Switch::kNeedGrows)) lookup->grown = 8;
  need += lookup->grown;
  if (room >= need) return need;
  if (room == 0 && Broken(Switch::kZeroLengthNeed)) return sizeof(WSAQUERYSETW);
  const bool shorter = room > 0 && room < sizeof(WSAQUERYSETW);
  return shorter && Broken(Switch::kShortLengthNeed) ? sizeof(WSAQUERYSETW) / 2 : need;
}

bool IsUnwantedAlias(const Lookup& lookup, size_t at, DWORD fields) {
  return (lookup.items[at].flags & kIsAlias) && !(fields & kReturnAliases);
}

DWORD Deliver(Lookup* lookup, DWORD flags, DWORD* length, void* results) {
  size_t* cursor = Cursor(lookup);
  SkipWaiting(lookup, flags, cursor);
  const DWORD fields = EffectiveFields(lookup, flags);
  while (*cursor < lookup->items.size() && IsUnwantedAlias(*lookup, *cursor, fields))
    ++*cursor;
  if (*cursor >= lookup->items.size()) return EndOfItems(lookup);
  const Record& item = lookup->items[*cursor];
  DWORD room = 0;
  if (!ReadMemory(length, &room, sizeof(room))) return WSAEFAULT;
  const size_t need = Needed(lookup, item, fields, room);
  if (room < need) {
    const auto number = static_cast<DWORD>(need);
    WriteMemory(length, &number, sizeof(number));
    lookup->item_waits = true;
    return WSAEFAULT;
  }
  if (!results) return WSAEFAULT;
  WriteResult(item, lookup->query, fields, static_cast<uint8_t*>(results));
  if (room > need && Broken(Switch::kWritesPastNeed)) static_cast<uint8_t*>(results)[need] ^= 0xFF;
  lookup->item_waits = false;
  lookup->grown = 0;
  ++*cursor;
  return 0;
}

}  // namespace

DWORD NextResult(HANDLE handle, DWORD flags, DWORD* length, void* results) {
  LookupRef lookup;
  const Found found = FindLookup(handle, &lookup);
  if (found == Found::kJunk && Broken(Switch::kJunkNextCode)) return WSAEINVAL;
  if (found != Found::kLive) return WSA_INVALID_HANDLE;
  if (!length) return WSAEINVAL;
  AcquireSRWLockExclusive(&lookup->lock);
  lookup->used = true;
  ++lookup->inside;
  DWORD code = Prepare(lookup.get());
  if (code == 0) code = Deliver(lookup.get(), flags, length, results);
  --lookup->inside;
  ReleaseSRWLockExclusive(&lookup->lock);
  WakeAllConditionVariable(&lookup->fetched_or_ended);
  return code;
}

}  // namespace faulty
