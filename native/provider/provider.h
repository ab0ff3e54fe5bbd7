// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the sidecar beside the DLL describes, from the first NSPStartup to the last NSPCleanup: its
// entries, its lookup handles, the control file's view, the connection.
#ifndef WINSOCK_NSP_PROVIDER_PROVIDER_H_
#define WINSOCK_NSP_PROVIDER_PROVIDER_H_

#include <cstring>

#include "breaker.h"
#include "connection.h"
#include "control_view.h"
#include "event_pool.h"
#include "host_calls.h"
#include "lookup_table.h"
#include "sidecar.h"
#include "watcher.h"

namespace nsp {

struct IoctlCall;

class Provider : public Counted<Provider> {
 public:
  // Reads the sidecar beside `module`. Empty if there is none or it is not sound.
  static Ref<Provider> Load(HMODULE module);

  explicit Provider(const Sidecar& sidecar);
  ~Provider();

  // Index of the entry with this GUID (16 bytes), or -1.
  int FindEntry(const uint8_t* id) const {
    for (uint32_t i = 0; i < sidecar_.guid_count; ++i) {
      if (std::memcmp(sidecar_.guids[i], id, sizeof(sidecar_.guids[i])) == 0) {
        return static_cast<int>(i);
      }
    }
    return -1;
  }
  const uint8_t* entry_id(uint32_t entry) const { return sidecar_.guids[entry]; }

  ControlView* control() { return &control_; }
  LookupTable* lookups() { return &lookups_; }
  Watcher* watcher() { return &watcher_; }
  Breaker* breaker() { return &breaker_; }
  HostCalls* host_calls() { return &host_calls_; }
  EventPool* events() { return &events_; }

  // The living connection, made if there is none. Waits at most until the deadline, for another
  // thread that is connecting or for a free pipe instance, and gives up early if `call` (may be
  // nullptr) is cancelled. Returns 0, WSAENETDOWN, WSA_E_CANCELLED, or ERROR_PIPE_BUSY (a host is
  // there, but took nobody in time).
  [[nodiscard]] DWORD Connect(const ControlState& state, const Deadline& deadline, const Call* call,
                              Ref<Connection>* connection);
  // The living connection, if there is one.
  Ref<Connection> Current();

  // Never 0, which names no lookup.
  uint32_t NextLookupId() {
    uint32_t id = next_lookup_.fetch_add(1, std::memory_order_relaxed);
    return id != 0 ? id : next_lookup_.fetch_add(1, std::memory_order_relaxed);
  }

  // The last NSPCleanup: ends every lookup, drops the connection. Waits for no thread.
  void Shutdown();

 private:
  DWORD Open(const ControlState& state, const Deadline& deadline, const Call* call,
             Ref<Connection>* connection);

  const Sidecar sidecar_;
  ControlView control_;
  LookupTable lookups_;
  Breaker breaker_;
  HostCalls host_calls_;
  EventPool events_;
  Watcher watcher_;
  std::atomic<uint32_t> next_lookup_{1};

  SRWLOCK lock_ = SRWLOCK_INIT;  // guards the members below
  CONDITION_VARIABLE connected_ = CONDITION_VARIABLE_INIT;
  Ref<Connection> connection_;
  bool connecting_ = false;
  bool shut_down_ = false;
  uint32_t serial_ = 0;
};

// NSPStartup and NSPCleanup counts, per entry.
struct Startup {
  // Guards them, and the lookup handles.
  static SRWLOCK* Lock();
  // 0, WSAEINVALIDPROVIDER (not one of our GUIDs, or no sound sidecar) or WSA_NOT_ENOUGH_MEMORY.
  [[nodiscard]] static DWORD Enter(const uint8_t* id);
  // 0 or WSAEINVAL (unknown GUID, or the count is 0).
  [[nodiscard]] static DWORD Leave(const uint8_t* id);
  // The started provider and the entry's index; empty if this GUID is not started.
  static Ref<Provider> Find(const uint8_t* id, uint32_t* entry);
  // The provider that the GUID `id` starts, and under what state, if it owns the question; `named`:
  // lpNSProviderId, or nullptr. Completes the question. 0, WSAEINVALIDPROVIDER or
  // WSASERVICE_NOT_FOUND; most questions are for others, so that answer costs one lock. `data`:
  // the data file that was mapped last.
  [[nodiscard]] static DWORD Ask(const uint8_t* id, const uint8_t* named, FilterQuestion* question,
                                 Ref<Provider>* provider, ControlState* state, MappedData* data);
  // The living lookup of a handle; empty for junk. `data`, unless it is nullptr: the data file that
  // was mapped last, which costs no lock of its own here.
  static Ref<Lookup> FindLookup(HANDLE handle, MappedData* data);
  // The same, and the handle is dead afterwards: of two callers one gets the lookup.
  static Ref<Lookup> TakeLookup(HANDLE handle);
  // NSPIoctl of a handle.
  [[nodiscard]] static DWORD Ioctl(HANDLE handle, const IoctlCall& call);
  // A poll of the lookup finds nothing. False: it is to be looked at.
  static bool IsClean(HANDLE handle);
};

// Keeps the DLL loaded for ever: completion routines and the watcher's thread run in it. False: it
// cannot be.
[[nodiscard]] bool PinModule();
void SetModule(HMODULE module);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_PROVIDER_H_
