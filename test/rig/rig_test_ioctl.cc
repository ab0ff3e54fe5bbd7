// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSANSPIoctl through the rig: the IOCTL rows that are the dispatcher's.
#include <cstring>

#include "rig_test.h"

namespace rig_test {
namespace {

constexpr DWORD kWhoCalls = 0xD80000A0;  // of probe.dll
struct ThreadReport {
  DWORD given, same_thread, reserved;
};

int Ioctl(const Query& query, DWORD code, WSACOMPLETION* completion = nullptr) {
  DWORD returned = 0;
  return WSANSPIoctl(query.handle, code, nullptr, 0, nullptr, 0, &returned, completion);
}

void SeveralProviders() {
  Installed one(Probe(1));
  Installed two(Probe(2));
  Session session;
  const Query query(kProbeSpace);
  ExpectError(Ioctl(query, SIO_NSP_NOTIFY_CHANGE), WSAEINVAL, "two providers");
}

void OneRefused() {
  Installed one(Probe(1, kRefuseNotFound));
  Installed two(Probe(2));
  Session session;
  const Query query(kProbeSpace);
  ExpectError(Ioctl(query, SIO_NSP_NOTIFY_CHANGE), WSAEWOULDBLOCK, "one that accepted");
}

void NoIoctl() {
  Installed none(Probe(1, kNoIoctl));
  Installed shorter(Probe(2, kShortTable));
  Session session;
  const GUID without = Probe(1, kNoIoctl);
  const GUID with_short_table = Probe(2, kShortTable);
  const Query first(0, &without);
  ExpectError(Ioctl(first, SIO_NSP_NOTIFY_CHANGE), WSAEOPNOTSUPP, "NULL entry");
  const Query second(0, &with_short_table);
  ExpectError(Ioctl(second, SIO_NSP_NOTIFY_CHANGE), WSAEOPNOTSUPP, "short table");
}

DWORD WINAPI AskWhoCalls(void* handle) {
  ThreadReport report{};
  DWORD returned = 0;
  const int result =
      WSANSPIoctl(handle, kWhoCalls, nullptr, 0, &report, sizeof report, &returned, nullptr);
  return result == 0 && returned == sizeof report && report.given == 1 && report.same_thread == 1 &&
                 report.reserved == 0
             ? 1
             : 0;
}

void ThreadIdentity() {
  Installed one(Probe(1));
  Session session;
  const Query query(kProbeSpace);
  ExpectEqual(AskWhoCalls(query.handle), 1, "on this thread");
  ExpectEqual(AskWhoCalls(query.handle), 1, "again");
  DWORD handles_before = 0;
  DWORD handles_after = 0;
  for (int i = 0; i < 20; ++i) {
    const HANDLE thread = CreateThread(nullptr, 0, AskWhoCalls, query.handle, 0, nullptr);
    WaitForSingleObject(thread, INFINITE);
    DWORD good = 0;
    GetExitCodeThread(thread, &good);
    CloseHandle(thread);
    ExpectEqual(good, 1, "on another thread");
    if (i == 0) GetProcessHandleCount(GetCurrentProcess(), &handles_before);
  }
  GetProcessHandleCount(GetCurrentProcess(), &handles_after);
  Expect(handles_after < handles_before + 10, "handles of ended threads are closed");
}

void NamedProvider() {
  Installed ours(Probe(1), NS_DNS, Beside(L"probe.dll"));
  Session session;
  const GUID id = Probe(1);
  const Query named(NS_DNS, &id);
  ExpectError(Ioctl(named, SIO_NSP_NOTIFY_CHANGE), WSAEWOULDBLOCK, "by lpNSProviderId");
}

void BadCompletion() {
  Installed one(Probe(1));
  Session session;
  const Query query(kProbeSpace);
  ExpectError(Ioctl(query, SIO_NSP_NOTIFY_CHANGE, reinterpret_cast<WSACOMPLETION*>(64)), WSAEFAULT,
              "the provider decides");
}

void NlaCompletion() {
  Session session;
  Query query(NS_NLA);
  Expect(query.Next() == L"Network", "one network");
  ExpectError(Ioctl(query, SIO_NSP_NOTIFY_CHANGE), WSAEWOULDBLOCK, "poll");
  WSAOVERLAPPED overlapped{};
  overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  WSACOMPLETION completion{};
  completion.Type = NSP_NOTIFY_EVENT;
  completion.Parameters.Event.lpOverlapped = &overlapped;
  ExpectError(Ioctl(query, SIO_NSP_NOTIFY_CHANGE, &completion), WSA_IO_PENDING, "request");
  query.Next();
  ExpectEqual(query.error, WSA_E_NO_MORE, "still addressable after the end");
  query.result = SOCKET_ERROR;  // ended here
  ExpectEqual(WSALookupServiceEnd(query.handle), 0, "end");
  ExpectEqual(WaitForSingleObject(overlapped.hEvent, 0), WAIT_OBJECT_0, "aborted");
  ExpectEqual(static_cast<long long>(overlapped.Internal), 0xC0000120, "status");
  CloseHandle(overlapped.hEvent);
}

DWORD_PTR g_apc_context = 0;

void WSAAPI NoteContext(DWORD_PTR context) {
  g_apc_context = context;
}

// Only the second build exports it (README.md); the first must not.
void QueueApc() {
  const auto queue = reinterpret_cast<LPWPUQUEUEAPC>(
      reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), "WPUQueueApc")));
  const bool second_build =
      GetFileAttributesW(Beside(L"ws2_32.dll").c_str()) != INVALID_FILE_ATTRIBUTES &&
      GetFileAttributesW(Beside(L"apc").c_str()) == INVALID_FILE_ATTRIBUTES;
  ExpectEqual(queue != nullptr, second_build, "exported");
  if (queue == nullptr) return;
  WSATHREADID thread{};
  DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
                  &thread.ThreadHandle, 0, FALSE, DUPLICATE_SAME_ACCESS);
  int error = 0;
  ExpectEqual(queue(&thread, NoteContext, 4711, &error), 0, "queued");
  ExpectEqual(static_cast<long long>(g_apc_context), 0, "not run yet");
  SleepEx(0, TRUE);
  ExpectEqual(static_cast<long long>(g_apc_context), 4711, "run at an alertable wait");
  ExpectEqual(queue(nullptr, NoteContext, 0, &error), SOCKET_ERROR, "without a thread");
  ExpectEqual(error, WSAEFAULT, "without a thread");
  CloseHandle(thread.ThreadHandle);
}

}  // namespace

void IoctlCases() {
  Run("IOCTL-42 several providers", SeveralProviders);
  Run("IOCTL-43 one refused", OneRefused);
  Run("IOCTL-44 no NSPIoctl", NoIoctl);
  Run("IOCTL-45 thread identity", ThreadIdentity);
  Run("IOCTL-46 provider named", NamedProvider);
  Run("IOCTL-47 bad completion pointer", BadCompletion);
  Run("NLA stand-in completes", NlaCompletion);
  Run("WPUQueueApc in the second build alone", QueueApc);
}

}  // namespace rig_test
