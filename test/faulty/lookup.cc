// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See lookup.h: Begin, End and the table of handles.
#include "lookup.h"

#include <map>

#include "memory.h"
#include "switches.h"

namespace faulty {
namespace {

struct Slot {
  LookupRef lookup;
  uint16_t generation = 0;
};

struct Table {
  SRWLOCK lock = SRWLOCK_INIT;
  std::vector<Slot> slots;
  LookupRef all_ones;  // the lookup that a switch gave the handle -1
};

Table& TheTable() {
  static auto* table = new Table;
  return *table;
}

const HANDLE kAllOnes = reinterpret_cast<HANDLE>(static_cast<LONG_PTR>(-1));

HANDLE Store(const LookupRef& lookup) {
  Table& table = TheTable();
  AcquireSRWLockExclusive(&table.lock);
  HANDLE handle = kAllOnes;
  if (Broken(Switch::kHandleAllOnes) && !table.all_ones) {
    table.all_ones = lookup;
  } else {
    size_t at = 0;
    while (at < table.slots.size() && table.slots[at].lookup)
      ++at;
    if (at == table.slots.size()) table.slots.emplace_back();
    Slot& slot = table.slots[at];
    if (++slot.generation == 0) slot.generation = 1;
    slot.lookup = lookup;
    handle = reinterpret_cast<HANDLE>(static_cast<ULONG_PTR>(slot.generation) << 16 | (at + 1));
  }
  ReleaseSRWLockExclusive(&table.lock);
  return handle;
}

// `take` empties the slot.
Found Search(HANDLE handle, bool take, LookupRef* lookup) {
  Table& table = TheTable();
  const auto value = static_cast<uint64_t>(reinterpret_cast<ULONG_PTR>(handle));
  const size_t at = (value & 0xFFFF) - 1;
  Found found = Found::kJunk;
  AcquireSRWLockExclusive(&table.lock);
  if (handle == kAllOnes && table.all_ones) {
    *lookup = table.all_ones;
    if (take) table.all_ones = nullptr;
    found = Found::kLive;
  } else if (value >> 16 != 0 && value >> 32 == 0 && at < table.slots.size()) {
    Slot& slot = table.slots[at];
    const auto generation = static_cast<uint16_t>(value >> 16);
    if (slot.lookup && slot.generation == generation) {
      *lookup = slot.lookup;
      if (take) slot.lookup = nullptr;
      found = Found::kLive;
    } else if (generation <= slot.generation) {
      found = Found::kStale;
    }
  }
  ReleaseSRWLockExclusive(&table.lock);
  return found;
}

// What a handle has seen when it begins. The switch gives the second handle on a name what the
// first began with; later ones are spared, so that a row with thousands of handles shows its own
// fault only.
uint64_t Baseline(const Lookup& lookup) {
  struct First {
    uint64_t seen = 0;
    unsigned begins = 0;
  };
  const uint64_t now = SampleCounters(**lookup.control, lookup.query);
  static auto* names = new std::map<std::wstring, First>;
  static SRWLOCK lock = SRWLOCK_INIT;
  AcquireSRWLockExclusive(&lock);
  First& first = (*names)[lookup.query.key];
  if (++first.begins == 1) first.seen = now;
  const bool second = first.begins == 2;
  const uint64_t earlier = first.seen;
  ReleaseSRWLockExclusive(&lock);
  return second && earlier != now && Broken(Switch::kBaselineTooEarly) ? earlier : now;
}

// Wakes whoever is inside and aborts what pends, in that order, before End or Cleanup returns.
void Close(const LookupRef& lookup, bool cleanup) {
  std::shared_ptr<Request> pending[2];
  AcquireSRWLockExclusive(&lookup->lock);
  if (lookup->inside > 0 && Broken(Switch::kEndWaits)) {
    SleepConditionVariableSRW(&lookup->fetched_or_ended, &lookup->lock,
                              (*lookup->control)->lookup_ms, 0);
  }
  lookup->ended = true;
  SetEvent(lookup->cancel);
  pending[0] = lookup->notify;
  pending[1] = lookup->custom;
  ReleaseSRWLockExclusive(&lookup->lock);
  WakeAllConditionVariable(&lookup->fetched_or_ended);
  for (const auto& request : pending) {
    const bool pends = request && request->stage.load() == Stage::kPending;
    if (pends && cleanup && Broken(Switch::kCleanupForgetsPending)) continue;
    if (request) AbortRequest(request);
  }
}

}  // namespace

Lookup::Lookup() : cancel(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}
Lookup::~Lookup() {
  CloseHandle(cancel);
}

Found FindLookup(HANDLE handle, LookupRef* lookup) {
  return Search(handle, false, lookup);
}

Bytes DescribeQuery(Op op, const Query& query, DWORD ms) {
  ByteWriter writer;
  writer.Number(static_cast<uint32_t>(op));
  writer.Number(static_cast<uint32_t>(query.entry));
  writer.Number(GetCurrentProcessId());
  writer.Number(ms);
  writer.Number(query.flags);
  writer.Number(query.has_name);
  writer.Text(query.name);
  writer.Text(query.key);
  writer.Number(query.has_class);
  writer.Run(&query.service_class, sizeof(GUID));
  return writer.bytes();
}

bool IsDirty(const Lookup& lookup, uint64_t now) {
  return now != lookup.seen;
}

DWORD BeginLookup(int entry, WSAQUERYSETW* query, const WSASERVICECLASSINFOW* info, DWORD flags,
                  HANDLE* handle) {
  if (!query || !handle) return Broken(Switch::kNullQueryCode) ? WSAEFAULT : WSAEINVAL;
  auto lookup = std::make_shared<Lookup>();
  lookup->control = CurrentControl();
  const ControlFile* file = lookup->control ? &**lookup->control : nullptr;
  const DWORD code = ReadQuery(entry, query, info, flags, file, &lookup->query);
  if (code != 0) return code;
  if (Broken(Switch::kBeginAsksHost)) {
    Bytes reply;
    Ask(*file, DescribeQuery(Op::kPing, lookup->query, file->lookup_ms), file->lookup_ms, nullptr,
        &reply);
  }
  lookup->seen = Baseline(*lookup);
  const HANDLE stored = Store(lookup);
  if (WriteMemory(handle, &stored, sizeof(stored))) return 0;
  LookupRef gone;
  Search(stored, true, &gone);
  return WSAEFAULT;
}

DWORD EndLookup(HANDLE handle) {
  LookupRef lookup;
  const Found found = Search(handle, true, &lookup);
  if (found == Found::kStale && Broken(Switch::kSecondEndSucceeds)) return 0;
  if (found == Found::kJunk && Broken(Switch::kJunkEndSucceeds)) return 0;
  if (found != Found::kLive) return WSA_INVALID_HANDLE;
  Close(lookup, false);
  return !lookup->used && Broken(Switch::kEarlyEndRefused) ? WSAEINVAL : 0;
}

void EndAllLookups(int entry) {
  std::vector<LookupRef> open;
  Table& table = TheTable();
  AcquireSRWLockExclusive(&table.lock);
  for (Slot& slot : table.slots) {
    if (!slot.lookup || slot.lookup->query.entry != entry) continue;
    if (Broken(Switch::kCleanupKeepsLookups)) continue;
    open.push_back(slot.lookup);
    slot.lookup = nullptr;
  }
  if (table.all_ones && table.all_ones->query.entry == entry) {
    open.push_back(table.all_ones);
    table.all_ones = nullptr;
  }
  ReleaseSRWLockExclusive(&table.lock);
  for (const LookupRef& lookup : open)
    Close(lookup, true);
}

}  // namespace faulty
