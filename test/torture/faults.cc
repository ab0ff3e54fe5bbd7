// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Faults of clients that end their processes, threads and Winsock with everything pending.
#include "requests.h"
#include "program.h"
#include "verbs.h"

namespace torture {
namespace {

constexpr uint32_t kAll[] = {
    NSP_NOTIFY_EVENT,           NSP_NOTIFY_PORT,           NSP_NOTIFY_APC,          NSP_NOTIFY_HWND,
    kCustom | NSP_NOTIFY_EVENT, kCustom | NSP_NOTIFY_PORT, kCustom | NSP_NOTIFY_APC};

void WaitForStop() {
  WaitForSingleObject(StopEvent(), INFINITE);
}

struct Question {
  const Target* target;
  std::wstring name;
  HANDLE handle = nullptr;
  DWORD code = 0;
};

DWORD WINAPI AskOnce(void* context) {
  auto* const question = static_cast<Question*>(context);
  Item item;
  question->code = Next(question->handle, &item);
  return 0;
}

HANDLE StartAsking(Question* question) {
  if (question->target->Begin(question->name, &question->handle) != 0) return nullptr;
  return CreateThread(nullptr, 0, AskOnce, question, 0, nullptr);
}

// The reader of the pipe is ended in the middle of its read and its thread exits; who waits beside
// it gets his answer all the same.
bool ReaderLeaves(const Target& target) {
  Question first = {&target, L"never.load"};
  Question second = {&target, L"slow.load"};
  const HANDLE reader = StartAsking(&first);
  Sleep(50);  // the first one reads
  const HANDLE other = StartAsking(&second);
  Sleep(50);
  End(first.handle);
  WaitForSingleObject(reader, INFINITE);
  WaitForSingleObject(other, INFINITE);
  End(second.handle);
  CloseHandle(reader);
  CloseHandle(other);
  return first.code == WSA_E_CANCELLED && second.code == 0;
}

struct Left {
  const Target* target;
  HANDLE events[2] = {};
  HANDLE port = nullptr;
  OVERLAPPED overlapped[8] = {};
  DWORD accepted = 0;
};

void CALLBACK NeverCalled(DWORD, DWORD, OVERLAPPED*, DWORD) {
  TheLog().Add(kWrong, 0, NSP_NOTIFY_APC, 4);
}

// Registers on a thread that exits at once; `custom` ones are answered after a while.
DWORD WINAPI RegisterAndExit(void* context) {
  auto* const left = static_cast<Left*>(context);
  static char buffers[8][64];
  for (uint32_t i = 0; i < 6; ++i) {
    HANDLE handle = nullptr;
    if (left->target->Begin(L"left.load", &handle) != 0) continue;
    WSACOMPLETION completion = {};
    completion.Type = i % 3 == 0 ? NSP_NOTIFY_EVENT : i % 3 == 1 ? NSP_NOTIFY_PORT : NSP_NOTIFY_APC;
    completion.Parameters.Apc.lpOverlapped = &left->overlapped[i];
    if (i % 3 == 0) left->overlapped[i].hEvent = left->events[i / 3];
    if (i % 3 == 1) completion.Parameters.Port.hPort = left->port;
    if (i % 3 == 2) {
      // Never called: its thread is gone.
      completion.Parameters.Apc.lpfnCompletionProc = NeverCalled;
    }
    const DWORD code = i < 3 ? Register(handle, &completion)
                             : RegisterCode(handle, kEchoCode, buffers[i], &completion);
    left->accepted += code == WSA_IO_PENDING ? 1 : 0;
  }
  return 0;
}

uint32_t Packets(HANDLE port, DWORD ms) {
  uint32_t count = 0;
  DWORD bytes = 0;
  ULONG_PTR key = 0;
  OVERLAPPED* overlapped = nullptr;
  while (GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, count < 2 ? ms : 0))
    ++count;
  return count;
}

bool ThreadLeaves(const Target& target) {
  auto* const left = new Left{&target};  // outlives the requests of the thread
  left->events[0] = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  left->events[1] = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  left->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
  const HANDLE thread = CreateThread(nullptr, 0, RegisterAndExit, left, 0, nullptr);
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
  HANDLE handle = nullptr;
  if (left->accepted != 6 || target.Begin(L"left.load", &handle) != 0) return false;
  const bool changed = Change(handle) == 0;
  End(handle);
  return changed && WaitForMultipleObjects(2, left->events, TRUE, 10000) == WAIT_OBJECT_0 &&
         Packets(left->port, 10000) == 2;
}

}  // namespace

// Begins n= handles, asks through each 100th, leaves all open.
int RunLeak(const Arguments& arguments) {
  const Target target(arguments);
  const uint32_t count = arguments.Number(L"n", 10000);
  uint32_t failures = 0;
  for (uint32_t i = 0; i < count; ++i) {
    HANDLE handle = nullptr;
    Item item;
    if (target.Begin(L"a.load", &handle) != 0 || (i % 100 == 0 && Next(handle, &item) != 0)) {
      ++failures;
    }
  }
  Say("{\"ready\":true}");
  WaitForStop();
  ExitProcess(static_cast<UINT>(Result(failures == 0, std::to_string(failures))));
}

int RunExitThreads(const Arguments& arguments) {
  const Target target(arguments);
  const uint32_t rounds = arguments.Number(L"rounds", 10);
  for (uint32_t i = 0; i < rounds; ++i) {
    if (!ReaderLeaves(target)) return Result(false, "the reader's neighbour lost its answer");
    if (!ThreadLeaves(target)) return Result(false, "a completion is missing");
  }
  return Result(true, std::to_string(rounds));
}

// WSACleanup with everything pending: all but the window are told.
int RunCleanup(const Arguments& arguments) {
  const Target target(arguments);
  Requests requests(target);
  for (uint32_t i = 0; i < arguments.Number(L"width", 5); ++i) {
    for (const uint32_t type : kAll) {
      Request* const request = requests.Start(type, L"hold.load");
      if (request == nullptr) return Result(false, "refused");
      if (type == NSP_NOTIFY_HWND) TheLog().Add(kEnding, request->id, type, 0);
    }
  }
  if (WSACleanup() != 0) return Result(false, "WSACleanup");
  requests.Forget();
  const bool settled = requests.Settle(3000);
  TheLog().Add(kFinished, 0, 0, settled ? 0 : 1);
  return Result(settled, "cleanup");
}

// The process ends while calls wait in it and requests pend.
int RunExitInside(const Arguments& arguments) {
  const Target target(arguments);
  Requests requests(target);
  Question questions[4];
  for (Question& question : questions) {
    question.target = &target;
    question.name = L"never.load";
    StartAsking(&question);
  }
  for (const uint32_t type : kAll)
    requests.Start(type, L"hold.load");
  Sleep(arguments.Number(L"after", 20));
  Say("{\"ready\":true}");
  ExitProcess(5);
}

// Asks as somebody else: the pipe is opened as the process, and the thread's token stays.
int RunImpersonate(const Arguments& arguments) {
  const Target target(arguments);
  const bool anonymous = arguments.Number(L"anonymous", 0) != 0;
  const BOOL taken = anonymous ? ImpersonateAnonymousToken(GetCurrentThread())
                               : ImpersonateSelf(SecurityIdentification);
  if (!taken) return Result(false, "cannot impersonate: " + std::to_string(GetLastError()));
  HANDLE handle = nullptr;
  Item item;
  DWORD code = target.Begin(L"a.load", &handle);
  if (code == 0) code = Next(handle, &item);
  HANDLE token = nullptr;
  const bool kept = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) ||
                    GetLastError() != ERROR_NO_TOKEN;
  RevertToSelf();
  if (!kept) return Result(false, "the token is gone");
  return Result(code == 0, std::to_string(code));
}

}  // namespace torture
