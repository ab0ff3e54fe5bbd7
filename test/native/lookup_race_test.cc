// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What several threads do to one handle at once.
#include <future>

#include "check.h"
#include "provider_host.h"

namespace {

constexpr DWORD kWaitMs = 20000;

bool EndLookup(const Host& host, HANDLE lookup) {
  return host.table().NSPLookupServiceEnd(lookup) == 0;
}

}  // namespace

// Begin takes a handle back that it cannot hand out; somebody may have ended it before.
TEST(a_handle_that_is_ended_before_begin_has_handed_it_out) {
  Host host([](const Arrived&) -> Reaction { return {ReplyOf(0)}; });
  std::atomic<bool> stop{false};
  std::atomic<int> ended{0};
  auto guesser = std::async(std::launch::async, [&] {
    // The first slot, under every generation.
    for (uint32_t generation = 1; !stop; generation = generation % 0xffe + 1) {
      if (EndLookup(host, reinterpret_cast<HANDLE>(uintptr_t{generation} << 20))) ++ended;
    }
  });
  GUID id = kEntries[kPlain];
  WSAQUERYSETW query = {};
  query.dwSize = sizeof(query);
  query.dwNameSpace = kNameSpaces[kPlain];
  const uint64_t end = GetTickCount64() + kWaitMs;
  DWORD code = WSAEFAULT;
  while (ended < 3 && code == WSAEFAULT && GetTickCount64() < end) {
    SetLastError(0);
    host.table().NSPLookupServiceBegin(&id, &query, nullptr, 0, reinterpret_cast<LPHANDLE>(1));
    code = GetLastError();
  }
  stop = true;
  guesser.get();
  CHECK_EQUAL(code, WSAEFAULT);
  CHECK(ended >= 3);
}

// A lookup that is asked anew under another number leaves the ioctls under the old one alone.
TEST(a_passing_fault_of_next_does_not_end_an_ioctl_that_is_under_way) {
  std::atomic<int> asked{0};
  std::atomic<int> ended{0};
  uint32_t number = 0;
  Host host([&](const Arrived& arrived) -> Reaction {
    if (arrived.header.kind == nsp::kFrameIoctl) {
      number = arrived.header.lookup;
      ++asked;
      return {ReplyOf(0), 0, true};
    }
    return {Batch(WSATRY_AGAIN, {}), nsp::kFrameLastBatch};
  });
  host.on_frame = [&](const Arrived& arrived) {
    if (arrived.header.kind == nsp::kFrameEnd && arrived.header.lookup == number) ++ended;
  };
  HANDLE lookup = BeginLookup(host, kPlain);
  HANDLE other = BeginLookup(host, kPlain);
  auto ioctl = std::async(std::launch::async, [&]() -> DWORD {
    DWORD returned = 0;
    return host.table().NSPIoctl(lookup, kCode, nullptr, 0, nullptr, 0, &returned, nullptr,
                                 nullptr) == 0
               ? 0
               : GetLastError();
  });
  while (asked == 0)
    std::this_thread::yield();
  CHECK_EQUAL(NextResult(host, lookup).code, WSATRY_AGAIN);
  CHECK_EQUAL(NextResult(host, other).code, WSATRY_AGAIN);  // what was posted has arrived
  CHECK_EQUAL(ended, 0);
  CHECK(EndLookup(host, lookup));
  CHECK_EQUAL(ioctl.get(), WSA_E_CANCELLED);
  CHECK_EQUAL(NextResult(host, other).code, WSATRY_AGAIN);
  CHECK_EQUAL(ended, 1);
}
