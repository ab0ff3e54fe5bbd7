// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSAProviderConfigChange: the row INST-13, and what its page leaves to the system.
#include "rig_test.h"

namespace rig_test {
namespace {

// Long enough for the slowest machine. With a fault planted, what does not come never will.
const DWORD kWatchdogMs = GetEnvironmentVariableW(L"NSP_RIG_BREAK", nullptr, 0) == 0 ? 60000 : 500;
constexpr ULONG_PTR kPending = 0x103;

// A notification handle and one request with an event.
class Watch {
 public:
  Watch() {
    overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    first = WSAProviderConfigChange(&handle, nullptr, nullptr);
  }
  ~Watch() {
    Close();
    // What pends ends then, by an APC perhaps; the OVERLAPPED must not go before.
    const volatile ULONG_PTR& state = overlapped.Internal;
    for (int i = 0; i < 1000 && state == kPending; ++i)
      SleepEx(10, TRUE);
    SleepEx(0, TRUE);
    CloseHandle(overlapped.hEvent);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  int Ask() { return WSAProviderConfigChange(&handle, &overlapped, nullptr); }
  bool Done(DWORD wait = 0) const {
    return WaitForSingleObject(overlapped.hEvent, wait) == WAIT_OBJECT_0;
  }
  BOOL Close() {
    const HANDLE closed = handle;
    handle = nullptr;
    return closed == nullptr ? FALSE : CloseHandle(closed);
  }

  HANDLE handle = nullptr;
  int first = SOCKET_ERROR;
  WSAOVERLAPPED overlapped{};
};

void EventCompletes() {
  Session session;
  GUID id = kPlain;
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  Watch watch;
  ExpectEqual(watch.first, 0, "the first call");
  Expect(watch.handle != nullptr, "a handle");
  ExpectError(watch.Ask(), WSA_IO_PENDING, "the second call");
  ExpectEqual(static_cast<long long>(watch.overlapped.Internal), kPending,
              "Internal while it pends");
  Expect(!watch.Done(), "nothing has changed yet");
  ExpectEqual(WSCUnInstallNameSpace(&id), 0, "uninstalling");
  Expect(watch.Done(kWatchdogMs), "it completes");
  ExpectEqual(static_cast<long long>(watch.overlapped.Internal), 0, "Internal");
  ExpectEqual(static_cast<long long>(watch.overlapped.InternalHigh), 0, "InternalHigh");
}

// The same handle again and again, each kind of change, both catalogs.
void EveryChange() {
  Session session;
  Watch watch;
  const auto expect_one = [&](int result, const char* what) {
    ExpectEqual(result, 0, what);
    Expect(watch.Done(kWatchdogMs), what);
    ExpectError(watch.Ask(), WSA_IO_PENDING, what);
    Expect(!watch.Done(), what);
  };
  ExpectError(watch.Ask(), WSA_IO_PENDING, "asking");
  wchar_t name[] = L"rig change";
  wchar_t path[] = L"C:\\nowhere\\plain.dll";
  GUID id = kPlain;
  expect_one(WSCInstallNameSpace(name, path, kPlainSpace, 1, &id), "install");
  expect_one(WSCEnableNSProvider(&id, FALSE), "disable");
  std::vector<GUID> ids = Enumerate();
  expect_one(WSCWriteNameSpaceOrder(ids.data(), static_cast<DWORD>(ids.size())), "order");
  expect_one(WSCUnInstallNameSpace(&id), "uninstall");
#ifdef _WIN64
  expect_one(WSCInstallNameSpace32(name, path, kPlainSpace, 1, &id), "install 32");
  expect_one(WSCUnInstallNameSpace32(&id), "uninstall 32");
#endif
  ExpectError(WSCInstallNameSpace(name, nullptr, kPlainSpace, 1, &id), WSAEINVAL,
              "a change that fails");
  Expect(!watch.Done(), "tells nobody");
}

void NotLost() {
  Session session;
  Watch watch;
  { Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll")); }
  ExpectError(watch.Ask(), WSA_IO_PENDING, "asking after a change");
  Expect(watch.Done(), "a change before the request completes it at once");
  { Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll")); }
  ExpectError(watch.Ask(), WSA_IO_PENDING, "asking again");
  Expect(watch.Done(), "so does one since the last completion");
  ExpectError(watch.Ask(), WSA_IO_PENDING, "and again");
  Expect(!watch.Done(), "each change is told once");
}

int g_routine_calls = 0;
DWORD g_routine_error = 0;
DWORD g_routine_bytes = 0;
WSAOVERLAPPED* g_routine_overlapped = nullptr;

void CALLBACK NoteCompletion(DWORD error, DWORD bytes, WSAOVERLAPPED* overlapped, DWORD) {
  ++g_routine_calls;
  g_routine_error = error;
  g_routine_bytes = bytes;
  g_routine_overlapped = overlapped;
}

// Routines run at an alertable wait of the thread that asked, and only there.
void RoutineRuns() {
  Session session;
  Watch watch;
  g_routine_calls = 0;
  ExpectError(WSAProviderConfigChange(&watch.handle, &watch.overlapped, NoteCompletion),
              WSA_IO_PENDING, "asking");
  { Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll")); }
  ExpectEqual(g_routine_calls, 0, "not before an alertable wait");
  ExpectEqual(SleepEx(kWatchdogMs, TRUE), WAIT_IO_COMPLETION, "the wait ends");
  ExpectEqual(g_routine_calls, 1, "one call");
  ExpectEqual(g_routine_error, 0, "its error");
  ExpectEqual(g_routine_bytes, 0, "its length");
  Expect(g_routine_overlapped == &watch.overlapped, "its OVERLAPPED");
  Expect(!watch.Done(), "hEvent is the client's own then");
  ExpectError(WSAProviderConfigChange(&watch.handle, &watch.overlapped, NoteCompletion),
              WSA_IO_PENDING, "asking again");
  SleepEx(0, TRUE);
  // Two changes were made above, and the first of them was told.
  ExpectEqual(g_routine_calls, 2, "the other change");
}

// One packet a request, none for what the rig itself does with the handle.
void PortGetsPackets() {
  Session session;
  Watch watch;
  const HANDLE port = CreateIoCompletionPort(watch.handle, nullptr, 42, 1);
  Expect(port != nullptr, "a notification handle can have a port");
  DWORD bytes = 1;
  ULONG_PTR key = 0;
  OVERLAPPED* overlapped = nullptr;
  for (int i = 0; i < 3; ++i) {
    ExpectError(watch.Ask(), WSA_IO_PENDING, "asking");
    Expect(!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 0), "no packet yet");
    GUID id = kPlain;
    if (i % 2 == 0) {
      wchar_t name[] = L"rig port";
      wchar_t path[] = L"C:\\nowhere\\plain.dll";
      ExpectEqual(WSCInstallNameSpace(name, path, kPlainSpace, 1, &id), 0, "installing");
    } else {
      ExpectEqual(WSCUnInstallNameSpace(&id), 0, "uninstalling");
    }
    Expect(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, kWatchdogMs), "a packet");
    ExpectEqual(bytes, 0, "its length");
    ExpectEqual(static_cast<long long>(key), 42, "its key");
    Expect(overlapped == &watch.overlapped, "its OVERLAPPED");
  }
  GUID id = kPlain;
  WSCUnInstallNameSpace(&id);
  CloseHandle(port);
}

void ClosedWhilePending() {
  Session session;
  Watch watch;
  ExpectError(watch.Ask(), WSA_IO_PENDING, "asking");
  Expect(watch.Close(), "CloseHandle");
  Expect(watch.Done(kWatchdogMs), "the request ends");
  Expect(static_cast<LONG>(watch.overlapped.Internal) < 0, "as a failure");
  { Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll")); }
  Watch cancelled;
  ExpectError(cancelled.Ask(), WSA_IO_PENDING, "asking");
  Expect(CancelIoEx(cancelled.handle, &cancelled.overlapped), "CancelIoEx");
  Expect(cancelled.Done(kWatchdogMs), "cancelled");
  DWORD bytes = 0;
  Expect(!GetOverlappedResult(cancelled.handle, &cancelled.overlapped, &bytes, FALSE), "failed");
  ExpectEqual(GetLastError(), WSA_OPERATION_ABORTED, "aborted");
  ExpectError(cancelled.Ask(), WSA_IO_PENDING, "the handle is still good");
  Expect(!cancelled.Done(), "and waits");
  { Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll")); }
  Expect(cancelled.Done(kWatchdogMs), "until a change");
}

// Two requests on one handle, and requests of several handles, end with the same change.
void SeveralRequests() {
  Session session;
  Watch one;
  Watch two;
  ExpectError(one.Ask(), WSA_IO_PENDING, "first handle");
  ExpectError(two.Ask(), WSA_IO_PENDING, "second handle");
  WSAOVERLAPPED more{};
  more.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  ExpectError(WSAProviderConfigChange(&two.handle, &more, nullptr), WSA_IO_PENDING, "another");
  { Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll")); }
  Expect(one.Done(kWatchdogMs), "first handle");
  Expect(two.Done(kWatchdogMs), "second handle");
  ExpectEqual(WaitForSingleObject(more.hEvent, kWatchdogMs), WAIT_OBJECT_0, "another");
  two.Close();
  WaitForSingleObject(more.hEvent, INFINITE);
  CloseHandle(more.hEvent);
}

struct Blocked {
  HANDLE handle;
  HANDLE about_to;
  int result;
  DWORD error;
};

DWORD WINAPI Block(void* argument) {
  auto* const state = static_cast<Blocked*>(argument);
  SetEvent(state->about_to);
  state->result = WSAProviderConfigChange(&state->handle, nullptr, nullptr);
  state->error = GetLastError();
  return 0;
}

void NullOverlappedBlocks() {
  Session session;
  Watch watch;
  Blocked state{watch.handle, CreateEventW(nullptr, TRUE, FALSE, nullptr), SOCKET_ERROR, 0};
  const HANDLE thread = CreateThread(nullptr, 0, Block, &state, 0, nullptr);
  WaitForSingleObject(state.about_to, INFINITE);
  ExpectEqual(WaitForSingleObject(thread, 50), WAIT_TIMEOUT, "it blocks");
  { Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll")); }
  ExpectEqual(WaitForSingleObject(thread, kWatchdogMs), WAIT_OBJECT_0, "until a change");
  watch.Close();
  WaitForSingleObject(thread, INFINITE);
  ExpectEqual(state.result, 0, "result");
  CloseHandle(thread);
  CloseHandle(state.about_to);
}

// rig_test.exe, which installs an entry and removes it again.
void ChangedBy(const std::wstring& program) {
  Session session;
  Watch watch;
  ExpectError(watch.Ask(), WSA_IO_PENDING, "asking");
  std::wstring command = L"\"" + program + L"\" change";
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION child{};
  Expect(CreateProcessW(nullptr, command.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr,
                        &startup, &child),
         "starting a process");
  WaitForSingleObject(child.hProcess, INFINITE);
  Expect(watch.Done(kWatchdogMs), "its change is told");
  CloseHandle(child.hProcess);
  CloseHandle(child.hThread);
}

// Of the own width, and of the other one where that was built too.
void OtherProcess() {
  ChangedBy(Beside(L"rig_test.exe"));
  const std::wstring other =
      Beside(sizeof(void*) == 8 ? L"..\\x86\\rig_test.exe" : L"..\\x64\\rig_test.exe");
  if (GetFileAttributesW(other.c_str()) != INVALID_FILE_ATTRIBUTES) ChangedBy(other);
}

void BadHandles() {
  Session session;
  HANDLE handle = nullptr;
  WSAOVERLAPPED overlapped{};
  ExpectError(WSAProviderConfigChange(nullptr, nullptr, nullptr), WSAEFAULT, "no pointer");
  handle = reinterpret_cast<HANDLE>(0x7ff4);
  ExpectError(WSAProviderConfigChange(&handle, &overlapped, nullptr), WSA_INVALID_HANDLE, "junk");
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  handle = event;
  ExpectError(WSAProviderConfigChange(&handle, nullptr, nullptr), WSA_INVALID_HANDLE, "an event");
  CloseHandle(event);
  Watch watch;
  handle = watch.handle;
  watch.Close();
  ExpectError(WSAProviderConfigChange(&handle, &overlapped, nullptr), WSA_INVALID_HANDLE, "closed");
}

void NothingLeft() {
  Session session;
  DWORD before = 0;
  DWORD after = 0;
  for (int i = 0; i < 20; ++i) {
    Watch watch;
    watch.Ask();
    { Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll")); }
    watch.Ask();
    watch.Close();
    watch.Done(kWatchdogMs);
    if (i == 0) GetProcessHandleCount(GetCurrentProcess(), &before);
  }
  GetProcessHandleCount(GetCurrentProcess(), &after);
  Expect(after < before + 10, "no handle stays");
}

}  // namespace

void ChangeCases() {
  Run("INST-13 change is told", EventCompletes);
  Run("INST-13 every change is told", EveryChange);
  Run("INST-13 no change is lost between requests", NotLost);
  Run("INST-13 completion routine", RoutineRuns);
  Run("INST-13 completion port", PortGetsPackets);
  Run("INST-13 closed or cancelled", ClosedWhilePending);
  Run("INST-13 several requests", SeveralRequests);
  Run("INST-13 NULL overlapped blocks", NullOverlappedBlocks);
  Run("INST-13 change by another process", OtherProcess);
  Run("bad notification handles", BadHandles);
  Run("requests leave nothing behind", NothingLeft);
}

}  // namespace rig_test
