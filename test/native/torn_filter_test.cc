// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A filter that is being written, or that a host which was killed has left half written.
#include "check.h"
#include "provider_host.h"

namespace {

constexpr DWORD kNotifyChange = 0x88000019u;
constexpr DWORD kWaitMs = 20000;

Reaction Nothing(const Arrived&) {
  return {ReplyOf(0)};
}

void LeaveTorn(Host* host) {
  std::atomic_ref<uint32_t>(host->control()->sequence).fetch_or(1);
}

struct Pending {
  HANDLE lookup = nullptr;
  OVERLAPPED overlapped = {};
  nsp::UniqueHandle event{CreateEventW(nullptr, TRUE, FALSE, nullptr)};

  DWORD Register(const Host& host, const wchar_t* name) {
    lookup = BeginLookup(host, kPlain, LUP_RETURN_ALL, name);
    overlapped.hEvent = event.get();
    WSACOMPLETION completion = {};
    completion.Type = NSP_NOTIFY_EVENT;
    completion.Parameters.Event.lpOverlapped = &overlapped;
    DWORD returned = 0;
    const INT ret = host.table().NSPIoctl(lookup, kNotifyChange, nullptr, 0, nullptr, 0, &returned,
                                          &completion, nullptr);
    return ret == 0 ? 0 : GetLastError();
  }
  bool told() const { return WaitForSingleObject(event.get(), 0) == WAIT_OBJECT_0; }
};

bool Subscribed(const Host& host, int count) {
  const uint64_t end = GetTickCount64() + kWaitMs;
  while (host.Count(nsp::kFrameSubscribe) < count && GetTickCount64() < end)
    Sleep(1);
  return host.Count(nsp::kFrameSubscribe) >= count;
}

}  // namespace

TEST(what_is_ours_stays_ours_while_the_filter_is_written) {
  Host host(Nothing);
  HANDLE before = BeginLookup(host, kPlain);
  CHECK(before != nullptr);
  LeaveTorn(&host);
  HANDLE meanwhile = BeginLookup(host, kPlain);
  CHECK(meanwhile != nullptr);
  CHECK_EQUAL(PollLookup(host, before), static_cast<DWORD>(WSAEWOULDBLOCK));
  host.Publish();
  CHECK_EQUAL(PollLookup(host, before), static_cast<DWORD>(WSAEWOULDBLOCK));
  host.table().NSPLookupServiceEnd(before);
  host.table().NSPLookupServiceEnd(meanwhile);
}

TEST(a_pending_request_outlives_a_filter_that_is_written) {
  Host host(Nothing);
  Pending first;
  Pending second;
  CHECK_EQUAL(first.Register(host, L"one.nsp.test"), static_cast<DWORD>(WSA_IO_PENDING));
  CHECK(Subscribed(host, 1));
  LeaveTorn(&host);
  // Makes the watcher look at the filter.
  CHECK_EQUAL(second.Register(host, L"two.nsp.test"), static_cast<DWORD>(WSA_IO_PENDING));
  CHECK(Subscribed(host, 2));
  CHECK(!first.told());
  CHECK(!second.told());
  host.table().NSPLookupServiceEnd(first.lookup);
  host.table().NSPLookupServiceEnd(second.lookup);
}

TEST(nothing_is_ours_before_a_whole_filter_was_seen) {
  Host host(Nothing);
  LeaveTorn(&host);
  CHECK(BeginLookup(host, kPlain) == nullptr);
  host.Publish();
  // A torn filter is looked at again a little later.
  HANDLE lookup = nullptr;
  const uint64_t end = GetTickCount64() + kWaitMs;
  while ((lookup = BeginLookup(host, kPlain)) == nullptr && GetTickCount64() < end)
    Sleep(1);
  CHECK(lookup != nullptr);
  host.table().NSPLookupServiceEnd(lookup);
}
