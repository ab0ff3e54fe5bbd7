// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Faults of clients that take away what they have given: handles, memory, the DLL itself.
#include "requests.h"
#include "table.h"
#include "verbs.h"

namespace torture {
namespace {

constexpr wchar_t kName[] = L"misuse.load";
constexpr DWORD kWatchdogMs = 5000;

HANDLE Twin(HANDLE handle) {
  HANDLE copy = nullptr;
  DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0, FALSE,
                  DUPLICATE_SAME_ACCESS);
  return copy;
}

bool ChangeName(const Target& target) {
  HANDLE handle = nullptr;
  if (target.Begin(kName, &handle) != 0) return false;
  const DWORD code = Change(handle);
  End(handle);
  return code == 0;
}

HANDLE RegisterEvent(const Target& target, OVERLAPPED* overlapped, HANDLE event) {
  HANDLE handle = nullptr;
  if (target.Begin(kName, &handle) != 0) return nullptr;
  *overlapped = {};
  overlapped->hEvent = event;
  WSACOMPLETION completion = {};
  completion.Type = NSP_NOTIFY_EVENT;
  completion.Parameters.Event.lpOverlapped = overlapped;
  return Register(handle, &completion) == WSA_IO_PENDING ? handle : nullptr;
}

bool CloseEvent(const Target& target) {
  static OVERLAPPED overlapped;
  const HANDLE event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  const HANDLE twin = Twin(event);
  const HANDLE handle = RegisterEvent(target, &overlapped, event);
  CloseHandle(event);
  const bool told = handle != nullptr && ChangeName(target) &&
                    WaitForSingleObject(twin, kWatchdogMs) == WAIT_OBJECT_0;
  CloseHandle(twin);
  End(handle);
  return told;
}

bool ClosePort(const Target& target) {
  static OVERLAPPED overlapped;
  overlapped = {};
  const HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
  const HANDLE twin = Twin(port);
  WSACOMPLETION completion = {};
  completion.Type = NSP_NOTIFY_PORT;
  completion.Parameters.Port.lpOverlapped = &overlapped;
  completion.Parameters.Port.hPort = port;
  HANDLE handle = nullptr;
  const bool pends =
      target.Begin(kName, &handle) == 0 && Register(handle, &completion) == WSA_IO_PENDING;
  CloseHandle(port);
  DWORD bytes = 0;
  ULONG_PTR key = 0;
  OVERLAPPED* got = nullptr;
  const bool told = pends && ChangeName(target) &&
                    GetQueuedCompletionStatus(twin, &bytes, &key, &got, kWatchdogMs);
  CloseHandle(twin);
  End(handle);
  return told;
}

// Nobody is left to be told; nothing else may come of it.
bool CloseWindow(const Target& target) {
  const HWND window =
      CreateWindowExW(0, L"STATIC", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, nullptr, nullptr, nullptr);
  WSACOMPLETION completion = {};
  completion.Type = NSP_NOTIFY_HWND;
  completion.Parameters.WindowMessage.hWnd = window;
  completion.Parameters.WindowMessage.uMsg = WM_APP;
  HANDLE handle = nullptr;
  const bool pends =
      target.Begin(kName, &handle) == 0 && Register(handle, &completion) == WSA_IO_PENDING;
  DestroyWindow(window);
  const bool changed = pends && ChangeName(target);
  End(handle);
  return changed;
}

// Events until one has the value of `closed`.
HANDLE Reuse(HANDLE closed) {
  HANDLE others[4096];
  size_t count = 0;
  HANDLE same = nullptr;
  while (same == nullptr && count < 4096) {
    others[count] = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    if (others[count] == closed) {
      same = closed;
    } else {
      ++count;
    }
  }
  while (count > 0)
    CloseHandle(others[--count]);
  return same;
}

volatile LONG routines;
void CALLBACK CountRoutine(DWORD, DWORD, OVERLAPPED*, DWORD) {
  InterlockedIncrement(&routines);
}

struct Changer {
  Target target;
  volatile LONG over = 0;
};

DWORD WINAPI KeepChanging(void* context) {
  auto* const changer = static_cast<Changer*>(context);
  HANDLE handle = nullptr;
  if (changer->target.Begin(kName, &handle) != 0) return 1;
  while (changer->over == 0)
    Change(handle);
  End(handle);
  return 0;
}

}  // namespace

// The client closes event, port and window right after it registered.
int RunClosed(const Arguments& arguments) {
  const Target target(arguments);
  for (uint32_t i = 0; i < arguments.Number(L"rounds", 20); ++i) {
    if (!CloseEvent(target)) return Result(false, "event");
    if (!ClosePort(target)) return Result(false, "port");
    if (!CloseWindow(target)) return Result(false, "window");
  }
  return Result(true, "closed");
}

// The value of a closed event is that of another event when the completion comes.
int RunReused(const Arguments& arguments) {
  const Target target(arguments);
  for (uint32_t i = 0; i < arguments.Number(L"rounds", 20); ++i) {
    static OVERLAPPED first;
    static OVERLAPPED second;
    const HANDLE event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
    const HANDLE one = RegisterEvent(target, &first, event);
    CloseHandle(event);
    const HANDLE stranger = Reuse(event);
    const HANDLE last = CreateEventW(nullptr, FALSE, FALSE, nullptr);
    const HANDLE watched = Twin(last);
    const HANDLE others = stranger == nullptr ? nullptr : Twin(stranger);
    const HANDLE two = RegisterEvent(target, &second, last);
    if (one == nullptr || two == nullptr || !ChangeName(target) ||
        WaitForSingleObject(watched, kWatchdogMs) != WAIT_OBJECT_0) {
      return Result(false, "no completion");
    }
    while (*const_cast<volatile ULONG_PTR*>(&first.Internal) == 0x103)
      Sleep(1);
    End(one);  // waits for a delivery on its way
    End(two);
    if (others != nullptr && WaitForSingleObject(others, 0) == WAIT_OBJECT_0) {
      return Result(false, "somebody else's event was set");
    }
    if (others != nullptr) CloseHandle(others);
    if (stranger != nullptr) CloseHandle(stranger);
    CloseHandle(watched);
    CloseHandle(last);
  }
  return Result(true, "reused");
}

// Handles that were ended long ago, while others have taken their places.
int RunEnded(const Arguments& arguments) {
  Table table(arguments);
  if (!table.loaded()) return Result(false, "not loaded");
  alignas(8) static char buffer[4096];
  for (uint32_t i = 0; i < arguments.Number(L"rounds", 2000); ++i) {
    HANDLE old = nullptr;
    HANDLE young = nullptr;
    if (table.Begin(kName, &old) != 0 || table.End(old) != 0 || table.Begin(kName, &young) != 0) {
      return Result(false, "begin");
    }
    if (table.Ioctl(old, kNotifyChange, nullptr) != WSA_INVALID_HANDLE ||
        (i % 100 == 0 && table.Next(old, buffer, sizeof buffer) != WSA_INVALID_HANDLE) ||
        table.End(old) != WSA_INVALID_HANDLE) {
      return Result(false, "an ended handle did something");
    }
    if (table.End(young) != 0) return Result(false, "the young handle is gone");
  }
  table.Cleanup();
  return Result(true, "ended");
}

// OVERLAPPED and result buffers that are gone when the provider comes to them.
int RunMemory(const Arguments& arguments) {
  Table table(arguments);
  if (!table.loaded()) return Result(false, "not loaded");
  for (uint32_t i = 0; i < arguments.Number(L"rounds", 50); ++i) {
    void* const page = VirtualAlloc(nullptr, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    HANDLE handle = nullptr;
    if (table.Begin(kName, &handle) != 0) return Result(false, "begin");
    auto* const overlapped = static_cast<OVERLAPPED*>(page);
    const HANDLE event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
    overlapped->hEvent = event;
    WSACOMPLETION completion = {};
    completion.Type = NSP_NOTIFY_EVENT;
    completion.Parameters.Event.lpOverlapped = overlapped;
    const DWORD code = table.Ioctl(handle, kNotifyChange, &completion);
    VirtualFree(page, 0, MEM_RELEASE);
    if (code != WSA_IO_PENDING) return Result(false, "register " + std::to_string(code));
    if (i % 2 == 0 && table.Ioctl(handle, kChangeCode, nullptr) != 0)
      return Result(false, "change");
    if (i % 2 == 0 && WaitForSingleObject(event, kWatchdogMs) != WAIT_OBJECT_0) {
      return Result(false, "no completion");
    }
    if (table.Next(handle, page, 4096) != WSAEFAULT) return Result(false, "no WSAEFAULT");
    if (table.End(handle) != 0) return Result(false, "end");
    CloseHandle(event);
  }
  table.Cleanup();
  return Result(true, "memory");
}

// NSPCleanup and FreeLibrary with a routine queued to this thread and a completion on its way.
int RunUnload(const Arguments& arguments) {
  static OVERLAPPED overlapped[2];
  Table table(arguments);
  if (!table.loaded()) return Result(false, "not loaded");
  HANDLE handles[2] = {};
  for (int i = 0; i < 2; ++i) {
    WSACOMPLETION completion = {};
    completion.Type = NSP_NOTIFY_APC;
    completion.Parameters.Apc.lpOverlapped = &overlapped[i];
    completion.Parameters.Apc.lpfnCompletionProc = CountRoutine;
    if (table.Begin(i == 0 ? kName : L"hold.load", &handles[i]) != 0 ||
        table.Ioctl(handles[i], kNotifyChange, &completion) != WSA_IO_PENDING) {
      return Result(false, "register");
    }
  }
  // after=1: the first is queued before Cleanup; else it races with it.
  if (table.Ioctl(handles[0], kChangeCode, nullptr) != 0) return Result(false, "change");
  const uint64_t end = GetTickCount64() + kWatchdogMs;
  while (arguments.Number(L"after", 1) != 0 && overlapped[0].Internal == 0x103) {
    if (GetTickCount64() > end) return Result(false, "no completion");
    Sleep(1);
  }
  if (table.Cleanup() != 0) return Result(false, "cleanup");
  table.Free();
  while (routines < 2 && GetTickCount64() < end)
    SleepEx(20, TRUE);
  SleepEx(50, TRUE);  // what comes twice
  return Result(routines == 2, std::to_string(routines));
}

// Changes as fast as they go, against registering and ending.
int RunRace(const Arguments& arguments) {
  Changer changer = {Target(arguments)};
  const Target& target = changer.target;
  Requests requests(target);
  const HANDLE thread = CreateThread(nullptr, 0, KeepChanging, &changer, 0, nullptr);
  constexpr uint32_t kTypes[] = {NSP_NOTIFY_PORT, NSP_NOTIFY_APC};
  const uint32_t rounds = arguments.Number(L"rounds", 1000);
  uint32_t done = 0;
  for (; done < rounds; ++done) {
    Request* const request = requests.Start(kTypes[done % 2], kName);
    if (request == nullptr) continue;
    const uint64_t until = SteadyMicroseconds() + done % 16 * 500;
    while (SteadyMicroseconds() < until)
      YieldProcessor();
    requests.Stop(request);
    const uint64_t end = GetTickCount64() + kWatchdogMs;
    while (request->pending && GetTickCount64() < end)
      requests.Take(20);
  }
  changer.over = 1;
  WaitForSingleObject(thread, INFINITE);
  const bool settled = requests.Settle(kWatchdogMs);
  TheLog().Add(kFinished, 0, 0, settled ? 0 : 1);
  return Result(settled, std::to_string(done));
}

}  // namespace torture
