// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The program that asks while a hostile host answers: each call must end in time, with a documented
// code, and what it gives must lie inside the caller's buffer. Calls go straight into the table.
#include <algorithm>
#include <cstring>
#include <mutex>

#include "hostile.h"
#include "program.h"

namespace torture {
namespace {

constexpr DWORD kDeadlineMs = 300;  // as hostile_host.cc announces it
constexpr uint8_t kGuard = 0xA5;
constexpr size_t kGuardBytes = 256;

struct Siege {
  NSP_ROUTINE table = {};
  const Target* target = nullptr;
  GUID id = {};
  std::mutex lock;
  uint64_t calls = 0;
  uint64_t results = 0;
  uint64_t most_ms = 0;
  uint64_t bare_ms = 0;
  std::string fault;  // the first

  void Fault(const std::string& what) {
    const std::lock_guard<std::mutex> hold(lock);
    if (fault.empty()) fault = what;
  }
  // Times a call and judges its code; 997 only where a completion was given.
  template <typename Call>
  DWORD Timed(const char* what, bool may_pend, Call call) {
    const uint64_t from = SteadyMicroseconds();
    const DWORD code = CodeOf(call());
    const uint64_t ms = (SteadyMicroseconds() - from) / 1000;
    // A status is the host's word, any word, but for the one that would make a caller wait.
    if (code == WSA_IO_PENDING && !may_pend) {
      Fault(std::string(what) + " answered " + std::to_string(code));
    }
    const std::lock_guard<std::mutex> hold(lock);
    ++calls;
    most_ms = std::max(most_ms, ms);
    return code;
  }
};

// A buffer between bytes that nobody may change, and that no result may point to.
class Guarded {
 public:
  explicit Guarded(DWORD size) : size_(size), bytes_(size + 2 * kGuardBytes, kGuard) {}
  uint8_t* data() { return bytes_.data() + kGuardBytes; }
  bool Whole() const {
    return std::all_of(bytes_.begin(), bytes_.begin() + kGuardBytes, IsGuard) &&
           std::all_of(bytes_.end() - kGuardBytes, bytes_.end(), IsGuard);
  }
  bool Has(const void* at, size_t count) const {
    const auto from = reinterpret_cast<uintptr_t>(at);
    const auto begin = reinterpret_cast<uintptr_t>(bytes_.data()) + kGuardBytes;
    return from >= begin && from <= begin + size_ && count <= begin + size_ - from;
  }
  // nullptr, or a text that ends inside.
  bool HasText(const wchar_t* text) const {
    if (text == nullptr) return true;
    for (; Has(text, sizeof *text); ++text) {
      if (*text == 0) return true;
    }
    return false;
  }

 private:
  static bool IsGuard(uint8_t byte) { return byte == kGuard; }
  const DWORD size_;
  std::vector<uint8_t> bytes_;
};

bool AddressesInside(const Guarded& buffer, const WSAQUERYSETW& set) {
  if (set.dwNumberOfCsAddrs == 0) return true;
  if (set.dwNumberOfCsAddrs > 4096 ||
      !buffer.Has(set.lpcsaBuffer, set.dwNumberOfCsAddrs * sizeof(CSADDR_INFO))) {
    return false;
  }
  for (DWORD i = 0; i < set.dwNumberOfCsAddrs; ++i) {
    for (const SOCKET_ADDRESS& side :
         {set.lpcsaBuffer[i].LocalAddr, set.lpcsaBuffer[i].RemoteAddr}) {
      if (side.iSockaddrLength < 0 ||
          (side.iSockaddrLength > 0 &&
           !buffer.Has(side.lpSockaddr, static_cast<size_t>(side.iSockaddrLength)))) {
        return false;
      }
    }
  }
  return true;
}

bool ResultInside(const Guarded& buffer, const WSAQUERYSETW& set) {
  return (set.lpServiceClassId == nullptr || buffer.Has(set.lpServiceClassId, sizeof(GUID))) &&
         (set.lpNSProviderId == nullptr || buffer.Has(set.lpNSProviderId, sizeof(GUID))) &&
         (set.lpVersion == nullptr || buffer.Has(set.lpVersion, sizeof(WSAVERSION))) &&
         buffer.HasText(set.lpszServiceInstanceName) && buffer.HasText(set.lpszComment) &&
         buffer.HasText(set.lpszContext) && buffer.HasText(set.lpszQueryString) &&
         (set.lpBlob == nullptr || (buffer.Has(set.lpBlob, sizeof(BLOB)) &&
                                    buffer.Has(set.lpBlob->pBlobData, set.lpBlob->cbSize))) &&
         AddressesInside(buffer, set);
}

// One Next; sizes that do not suffice come first, sometimes.
DWORD NextOf(Siege* siege, Dice* dice, HANDLE handle) {
  static constexpr DWORD kSizes[] = {65536, 65536, 65536, 0, 1, 119, 500, 200000};
  DWORD length = kSizes[dice->Below(std::size(kSizes))];
  const DWORD size = length;
  Guarded buffer(size);
  auto* const set = reinterpret_cast<WSAQUERYSETW*>(buffer.data());
  const DWORD code = siege->Timed(
      "Next", false, [&] { return siege->table.NSPLookupServiceNext(handle, 0, &length, set); });
  if (!buffer.Whole()) siege->Fault("Next wrote outside of its buffer");
  if (code == 0 && (size < sizeof *set || !ResultInside(buffer, *set))) {
    siege->Fault("a result points outside of its buffer");
  }
  if (code == 0) {
    const std::lock_guard<std::mutex> hold(siege->lock);
    ++siege->results;
  }
  return code;
}

DWORD IoctlOf(Siege* siege, Dice* dice, HANDLE handle, WSACOMPLETION* completion) {
  static constexpr DWORD kSizes[] = {64, 64, 0, 1, 79};
  const DWORD size = kSizes[dice->Below(std::size(kSizes))];
  Guarded buffer(size);
  char input[64] = "besieged";
  DWORD returned = 0;
  WSATHREADID thread = {GetCurrentThread(), 0};
  const bool poll = dice->OneIn(3);
  // What pends writes later: into memory that stays.
  static uint8_t room[4096];
  const DWORD code = siege->Timed(poll ? "notify" : "ioctl", completion != nullptr, [&] {
    return siege->table.NSPIoctl(handle, poll ? kNotifyChange : kEchoCode, input, sizeof input,
                                 completion == nullptr ? buffer.data() : room,
                                 completion == nullptr ? size : 64, &returned, completion,
                                 completion == nullptr ? nullptr : &thread);
  });
  if (!buffer.Whole()) siege->Fault("an ioctl wrote outside of its buffer");
  if (code == 0 && completion == nullptr && !poll && returned > size) {
    siege->Fault("an ioctl says that it wrote more than there is room");
  }
  return code;
}

void PendingOf(Siege* siege, Dice* dice, HANDLE handle) {
  OVERLAPPED overlapped = {};
  overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  WSACOMPLETION completion = {};
  completion.Type = NSP_NOTIFY_EVENT;
  completion.Parameters.Event.lpOverlapped = &overlapped;
  const DWORD code = IoctlOf(siege, dice, handle, &completion);
  if (code == WSA_IO_PENDING) {
    WaitForSingleObject(overlapped.hEvent, dice->Below(kDeadlineMs));
    siege->Timed("End", false, [&] { return siege->table.NSPLookupServiceEnd(handle); });
    if (WaitForSingleObject(overlapped.hEvent, 10000) != WAIT_OBJECT_0) {
      siege->Fault("a request never completed");
    }
  } else {
    siege->Timed("End", false, [&] { return siege->table.NSPLookupServiceEnd(handle); });
  }
  CloseHandle(overlapped.hEvent);
}

void LookupOnce(Siege* siege, Dice* dice) {
  static const wchar_t* const kNames[] = {L"a.load", L"b.load", L"c.other.load"};
  HANDLE handle = nullptr;
  // Who does not ask for aliases is not given any: they are passed over.
  const DWORD flags = dice->OneIn(2) ? kReturnAll : kReturnAll & ~DWORD{LUP_RETURN_ALIASES};
  const DWORD begun = siege->target->Begin(siege->table, kNames[dice->Below(3)], &handle, flags);
  if (!IsDocumented(begun)) siege->Fault("Begin answered " + std::to_string(begun));
  if (begun != 0) return;
  if (dice->OneIn(4)) return PendingOf(siege, dice, handle);
  for (uint32_t i = dice->Below(6); i > 0; --i) {
    if (dice->OneIn(4)) {
      static_cast<void>(IoctlOf(siege, dice, handle, nullptr));
    } else if (NextOf(siege, dice, handle) == WSA_E_NO_MORE) {
      break;
    }
  }
  siege->Timed("End", false, [&] { return siege->table.NSPLookupServiceEnd(handle); });
}

void ServiceOnce(Siege* siege, Dice* dice) {
  GUID id = siege->id;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  CSADDR_INFO side = {};
  side.RemoteAddr = {reinterpret_cast<sockaddr*>(&address), sizeof address};
  wchar_t name[] = L"a.load";
  WSAQUERYSETW set = {};
  set.dwSize = sizeof set;
  set.lpszServiceInstanceName = name;
  set.lpServiceClassId = &id;
  set.dwNumberOfCsAddrs = 1;
  set.lpcsaBuffer = &side;
  if (dice->OneIn(2)) {
    siege->Timed("SetService", false, [&] {
      return siege->table.NSPSetService(&id, nullptr, &set,
                                        static_cast<WSAESETSERVICEOP>(dice->Below(3)), 0);
    });
    return;
  }
  DWORD length = dice->OneIn(3) ? dice->Below(100) : 4096;
  Guarded buffer(length);
  auto* const info = reinterpret_cast<WSASERVICECLASSINFOW*>(buffer.data());
  if (length >= sizeof *info) {
    std::memset(info, 0, sizeof *info);
    info->lpServiceClassId = &id;
  }
  siege->Timed("GetServiceClassInfo", false,
               [&] { return siege->table.NSPGetServiceClassInfo(&id, &length, info); });
  if (!buffer.Whole()) siege->Fault("GetServiceClassInfo wrote outside of its buffer");
}

struct Asker {
  Siege* siege;
  uint32_t seed;
};

DWORD WINAPI Ask(void* context) {
  auto* const asker = static_cast<Asker*>(context);
  Dice dice(asker->seed);
  while (WaitForSingleObject(StopEvent(), 0) != WAIT_OBJECT_0) {
    if (dice.OneIn(6)) {
      ServiceOnce(asker->siege, &dice);
    } else {
      LookupOnce(asker->siege, &dice);
    }
  }
  return 0;
}

DWORD WINAPI BareWaits(void* context) {
  auto* const siege = static_cast<Siege*>(context);
  const HANDLE never = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  while (WaitForSingleObject(StopEvent(), 0) != WAIT_OBJECT_0) {
    const uint64_t from = SteadyMicroseconds();
    WaitForSingleObject(never, kDeadlineMs);
    const uint64_t ms = (SteadyMicroseconds() - from) / 1000;
    const std::lock_guard<std::mutex> hold(siege->lock);
    siege->bare_ms = std::max(siege->bare_ms, ms);
  }
  CloseHandle(never);
  return 0;
}

// A sound host is there again: it answers this very process.
bool ServedAgain(Siege* siege) {
  const uint64_t end = GetTickCount64() + 20000;
  while (GetTickCount64() < end) {
    HANDLE handle = nullptr;
    Guarded buffer(65536);
    auto* const set = reinterpret_cast<WSAQUERYSETW*>(buffer.data());
    DWORD length = 65536;
    bool served = false;
    if (siege->target->Begin(siege->table, L"a.load", &handle) == 0) {
      served = siege->table.NSPLookupServiceNext(handle, 0, &length, set) == 0 &&
               ResultInside(buffer, *set) && set->lpszServiceInstanceName != nullptr &&
               std::wstring(set->lpszServiceInstanceName) == L"a.load";
      siege->table.NSPLookupServiceEnd(handle);
    }
    if (served) return true;
    Sleep(50);
  }
  return false;
}

}  // namespace

DWORD CodeOf(int ret) {
  return ret == 0 ? 0 : WSAGetLastError();
}

bool IsDocumented(DWORD code) {
  switch (code) {
    case 0:
    case WSA_INVALID_HANDLE:
    case WSA_NOT_ENOUGH_MEMORY:
    case WSA_INVALID_PARAMETER:
    case WSA_OPERATION_ABORTED:
    case WSA_IO_PENDING:
      return true;
    default:
      return code >= WSABASEERR && code < WSABASEERR + 2000;
  }
}

NSP_ROUTINE StartedTable(const Arguments& arguments) {
  NSP_ROUTINE table = {};
  const HMODULE module = LoadLibraryW(arguments.Text(L"dll").c_str());
  const auto startup = module == nullptr ? nullptr
                                         : reinterpret_cast<LPNSPSTARTUP>(reinterpret_cast<void*>(
                                               GetProcAddress(module, "NSPStartup")));
  GUID id = Target(arguments).id();
  table.cbSize = sizeof table;
  if (startup == nullptr || startup(&id, &table) != 0) table = {};
  return table;
}

// threads= ask until stdin ends; then a sound host must be there.
int RunBesieged(const Arguments& arguments) {
  static Siege siege;
  static const Target target(arguments);
  siege.table = StartedTable(arguments);
  siege.target = &target;
  siege.id = target.id();
  if (siege.table.NSPCleanup == nullptr) return Result(false, "not loaded");
  constexpr uint32_t kMost = 16;
  Asker askers[kMost];
  HANDLE threads[kMost + 1];
  StopEvent();
  const uint32_t count = std::min(arguments.Number(L"threads", 4), kMost);
  Say("{\"ready\":true}");
  const uint32_t before = HandlesOf(GetCurrentProcessId());
  for (uint32_t i = 0; i < count; ++i) {
    askers[i] = {&siege, arguments.Number(L"seed", 1) * 100 + i};
    threads[i] = CreateThread(nullptr, 0, Ask, &askers[i], 0, nullptr);
  }
  threads[count] = CreateThread(nullptr, 0, BareWaits, &siege, 0, nullptr);
  WaitForMultipleObjects(count + 1, threads, TRUE, INFINITE);
  for (uint32_t i = 0; i <= count; ++i)
    CloseHandle(threads[i]);
  if (!ServedAgain(&siege)) siege.Fault("the host that is sound again is not asked");
  const uint32_t after = HandlesOf(GetCurrentProcessId());
  const auto field = [](const char* name, uint64_t value) {
    return ",\"" + std::string(name) + "\":" + std::to_string(value);
  };
  Say(std::string("{\"ok\":") + (siege.fault.empty() ? "true" : "false") + ",\"what\":\"" +
      siege.fault + "\"" + field("calls", siege.calls) + field("results", siege.results) +
      field("mostMs", siege.most_ms) + field("bareMs", siege.bare_ms) + field("before", before) +
      field("after", after) + "}");
  GUID id = siege.id;
  siege.table.NSPCleanup(&id);
  return siege.fault.empty() ? 0 : 1;
}

}  // namespace torture
