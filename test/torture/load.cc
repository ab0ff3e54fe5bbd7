// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The load: one thread that calls and waits for answers, one that keeps a request of every kind
// pending, and one that waits a deadline's time again and again, to know what a wait costs here.
#include <algorithm>
#include <vector>

#include "requests.h"
#include "program.h"
#include "verbs.h"

namespace torture {
namespace {

struct Load {
  explicit Load(const Arguments& from)
      : target(from),
        pace(from.Number(L"pace", 5)),
        deadline(from.Number(L"deadline", 500)),
        width(from.Number(L"width", 1)),
        dawdle(from.Number(L"dawdle", 0)) {
    std::wstring list = from.Text(L"names", L"a.load,b.load");
    for (size_t comma; (comma = list.find(L',')) != std::wstring::npos;) {
      names.push_back(list.substr(0, comma));
      list.erase(0, comma + 1);
    }
    names.push_back(list);
  }
  bool over(DWORD ms = 0) const { return WaitForSingleObject(stop, ms) == WAIT_OBJECT_0; }

  const Target target;
  const DWORD pace;
  const DWORD deadline;
  const uint32_t width;
  const DWORD dawdle;  // between two results of a lookup
  std::vector<std::wstring> names;
  HANDLE stop = StopEvent();
};

// The items of one answer are those of the name asked for, counted from 0.
void Lookup(const Load& load, const std::wstring& name) {
  HANDLE handle = nullptr;
  if (load.target.Begin(name, &handle) != 0) return;
  Item item;
  for (uint32_t at = 0; Next(handle, &item) == 0; ++at) {
    if (item.name != name) TheLog().Add(kWrong, 0, kNext, 2);
    if (item.comment != at) TheLog().Add(kWrong, 0, kNext, 3, item.comment, at);
    if (load.dawdle != 0 && load.over(load.dawdle)) break;
  }
  End(handle);
}

DWORD WINAPI Caller(void* context) {
  const auto& load = *static_cast<const Load*>(context);
  HANDLE kept = nullptr;
  for (size_t turn = 0; !load.over(load.pace); ++turn) {
    const std::wstring& name = load.names[turn % load.names.size()];
    if (kept == nullptr && load.target.Begin(load.names[0], &kept) != 0) kept = nullptr;
    Lookup(load, name);
    if (kept == nullptr) continue;
    Poll(kept);
    Echo(kept);
  }
  if (kept != nullptr) End(kept);
  return 0;
}

DWORD WINAPI BareWaiter(void* context) {
  const auto& load = *static_cast<const Load*>(context);
  const HANDLE never = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  while (!load.over()) {
    const uint64_t from = SteadyMicroseconds();
    WaitForSingleObject(never, load.deadline);
    TheLog().Add(kBareWait, 0, 0, 0, static_cast<uint32_t>(SteadyMicroseconds() - from));
  }
  return 0;
}

constexpr uint32_t kTypes[] = {
    NSP_NOTIFY_HWND,         NSP_NOTIFY_EVENT,           NSP_NOTIFY_PORT,
    NSP_NOTIFY_APC,          kCustom | NSP_NOTIFY_EVENT, kCustom | NSP_NOTIFY_PORT,
    kCustom | NSP_NOTIFY_APC};

// One slot: a request of its type, or the time to try again.
struct Slot {
  uint32_t type = 0;
  Request* request = nullptr;
  uint64_t again = 0;
};

DWORD WINAPI Notifier(void* context) {
  const auto& load = *static_cast<const Load*>(context);
  Requests requests(load.target);
  std::vector<Slot> slots;
  for (uint32_t i = 0; i < load.width; ++i) {
    for (const uint32_t type : kTypes)
      slots.push_back({type, nullptr, 0});
  }
  while (!load.over()) {
    const uint64_t now = GetTickCount64();
    for (Slot& slot : slots) {
      if (slot.request != nullptr && !slot.request->pending) {
        requests.Stop(slot.request);
        slot = {slot.type, nullptr, now + ((slot.type & kCustom) != 0 ? load.pace : 0)};
      }
      if (slot.request == nullptr && slot.again <= now) {
        slot.request = requests.Start(slot.type, load.names[0]);
        slot.again = now + 25 + 2 * load.pace;
      }
    }
    // Whoever is to be slow does not look often either.
    requests.Take(std::clamp<DWORD>(load.pace, 10, 500));
  }
  for (const Slot& slot : slots) {
    if (slot.request != nullptr) requests.Stop(slot.request);
  }
  return requests.Settle(10000) ? 0 : 1;
}

}  // namespace

int RunLoad(const Arguments& arguments) {
  Load load(arguments);
  Say("{\"ready\":true}");
  const HANDLE threads[] = {CreateThread(nullptr, 0, Caller, &load, 0, nullptr),
                            CreateThread(nullptr, 0, Notifier, &load, 0, nullptr),
                            CreateThread(nullptr, 0, BareWaiter, &load, 0, nullptr)};
  WaitForMultipleObjects(3, threads, TRUE, INFINITE);
  DWORD unsettled = 0;
  GetExitCodeThread(threads[1], &unsettled);
  TheLog().Add(kFinished, 0, 0, unsettled);
  WSACleanup();
  return Result(unsettled == 0, "load");
}

// Each turn reads the value and waits for a change of it; the host sees by the question that the
// change before was noticed. every=N ends a handle instead of waiting, each Nth time.
int RunFollow(const Arguments& arguments) {
  const Target target(arguments);
  const std::wstring name = arguments.Text(L"name");
  const uint32_t every = arguments.Number(L"every", 3);
  Requests requests(target);
  Say("{\"ready\":true}");
  constexpr uint32_t kNotify[] = {NSP_NOTIFY_EVENT, NSP_NOTIFY_PORT, NSP_NOTIFY_APC};
  uint32_t turns = 0;
  for (; WaitForSingleObject(StopEvent(), 0) != WAIT_OBJECT_0; ++turns) {
    Request* const request = requests.StartRead(kNotify[turns % 3], name);
    if (request == nullptr) {
      Sleep(5);
      continue;
    }
    const bool early = every != 0 && turns % every == 0;
    while (!early && request->pending && WaitForSingleObject(StopEvent(), 0) != WAIT_OBJECT_0)
      requests.Take(50);
    requests.Stop(request);
    const uint64_t end = GetTickCount64() + 5000;
    while (request->pending && GetTickCount64() < end)
      requests.Take(20);
  }
  const bool settled = requests.Settle(10000);
  TheLog().Add(kFinished, 0, 0, settled ? 0 : 1);
  return Result(settled, std::to_string(turns));
}

}  // namespace torture
