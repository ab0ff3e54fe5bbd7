// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// NSPIoctl: polls from the counters, registrations, and the provider's own control codes.
#include <algorithm>

#include "lookup.h"
#include "memory.h"
#include "switches.h"
#include "watch.h"

namespace faulty {
namespace {

constexpr DWORD kNotifyChange = 0x88000019;
constexpr DWORD kAddressListSort = 0xC8000019;
constexpr DWORD kFirstCode = 0xD8000001;
constexpr DWORD kLastCode = 0xD8000006;
constexpr int kVouchEntry = 2;

struct Call {
  LookupRef lookup;
  DWORD code;
  const void* in;
  DWORD in_size;
  void* out;
  DWORD out_size;
  DWORD* returned;
  const WSACOMPLETION* client;
  const WSATHREADID* thread;
  WSACOMPLETION completion;
};

bool StoreReturned(const Call& call, DWORD size) {
  return !call.returned || WriteMemory(call.returned, &size, sizeof(size));
}

uint64_t CountersNow(const Lookup& lookup) {
  return SampleCounters(**lookup.control, lookup.query);
}

bool Vouches(const Lookup& lookup) {
  return lookup.query.entry == kVouchEntry && !Broken(Switch::kVouchByCounters);
}

// 0 when the host says that the answers no longer hold, WSAEWOULDBLOCK when they do.
DWORD AskStillValid(const Lookup& lookup) {
  const ControlFile& control = **lookup.control;
  Bytes reply;
  const Bytes request = DescribeQuery(Op::kStillValid, lookup.query, control.ioctl_ms);
  if (Ask(control, request, control.ioctl_ms, lookup.cancel, &reply) != Asked::kAnswered) {
    return WSAENETDOWN;
  }
  ByteReader reader(reply);
  const DWORD code = reader.Number();
  if (code != 0) return code;
  return reader.Number() != 0 ? WSAEWOULDBLOCK : 0;
}

bool Pends(const RequestRef& request) {
  return request && request->stage.load() == Stage::kPending;
}

DWORD Poll(const Call& call, bool immediate) {
  Lookup& lookup = *call.lookup;
  if (!lookup.control->Open()) return WSAENETDOWN;
  if (!call.returned && Broken(Switch::kPollNeedsBytes)) return WSAEFAULT;
  if (!Broken(Switch::kPollBytesUntouched) && !StoreReturned(call, 0)) return WSAEFAULT;
  if (Vouches(lookup)) {
    return lookup.control->HostThread() ? WSAEINPROGRESS : AskStillValid(lookup);
  }
  if (Broken(Switch::kPollAsksHost)) AskStillValid(lookup);
  AcquireSRWLockExclusive(&lookup.lock);
  if (Pends(lookup.notify) && Broken(Switch::kPollDropsPending)) DropRequest(lookup.notify);
  const uint64_t now = CountersNow(lookup);
  bool dirty = IsDirty(lookup, now);
  if (dirty) {
    lookup.reported = true;
    lookup.report = now;
    if (Broken(Switch::kPollAcknowledges)) lookup.seen = now;
    if (!immediate && Broken(Switch::kPollDirtyBlocks)) dirty = false;
  } else {
    dirty = Broken(immediate ? Switch::kImmediateCleanZero : Switch::kPollCleanZero);
  }
  ReleaseSRWLockExclusive(&lookup.lock);
  return dirty ? 0 : WSAEWOULDBLOCK;
}

// Puts the request into its slot unless another one pends there.
DWORD Occupy(Lookup* lookup, const RequestRef& request) {
  RequestRef& slot = request->custom ? lookup->custom : lookup->notify;
  const RequestRef& other = request->custom ? lookup->notify : lookup->custom;
  AcquireSRWLockExclusive(&lookup->lock);
  DWORD code = lookup->ended ? WSA_INVALID_HANDLE : 0;
  if (code == 0 && Pends(slot)) {
    if (Broken(Switch::kSecondReplaces)) {
      DropRequest(slot);
    } else {
      code = WSAEINVAL;
    }
  }
  if (code == 0 && Pends(other) && Broken(Switch::kOneSlot)) code = WSAEINVAL;
  if (code == 0 && slot && !request->custom && Broken(Switch::kNoRearm)) code = WSAEINVAL;
  if (code == 0) code = MarkPending(*request);
  if (code == 0) slot = request;
  ReleaseSRWLockExclusive(&lookup->lock);
  return code;
}

DWORD RegisterNotify(const Call& call) {
  Lookup& lookup = *call.lookup;
  if (!lookup.control->Open()) return WSAENETDOWN;
  if (lookup.control->HostThread()) return WSAEINPROGRESS;
  auto request = std::make_shared<Request>();
  request->client = call.client;
  const DWORD refused = PrepareRequest(call.completion, call.thread, request.get());
  if (refused != 0) return refused;
  AcquireSRWLockExclusive(&lookup.lock);
  request->baseline = CountersNow(lookup);
  const bool busy = Pends(lookup.notify) && !Broken(Switch::kSecondReplaces);
  bool dirty = IsDirty(lookup, request->baseline) && !Broken(Switch::kDirtyWaits);
  ReleaseSRWLockExclusive(&lookup.lock);
  if (busy) return WSAEINVAL;
  if (Vouches(lookup)) {
    const DWORD code = AskStillValid(lookup);
    if (code != 0 && code != WSAEWOULDBLOCK) return code;
    dirty = code == 0;
  } else if (!dirty && !HostReachable(**lookup.control)) {
    return WSAENETDOWN;
  }
  const DWORD code = Occupy(&lookup, request);
  if (code != 0) return code;
  if (!StoreReturned(call, 0)) return WSAEFAULT;
  if (!dirty) {
    WatchLookup(call.lookup);
    return WSA_IO_PENDING;
  }
  if (!Vouches(lookup)) {
    WatchLookup(call.lookup);
    EvaluateLookup(call.lookup);
  } else {
    CompleteRequest(request, Outcome::kChange, 0, 0);
  }
  const bool zero = request->type == NSP_NOTIFY_HWND && Broken(Switch::kWindowReturnsZero);
  return zero ? 0 : WSA_IO_PENDING;
}

Bytes DescribeIoctl(const Query& query, const Request& request, DWORD ms) {
  Bytes bytes = DescribeQuery(Op::kIoctl, query, ms);
  ByteWriter more;
  more.Number(request.code);
  more.Number(request.output_size);
  more.Run(request.input.data(), request.input.size());
  bytes.insert(bytes.end(), more.bytes().begin(), more.bytes().end());
  return bytes;
}

// Asks the host and puts the answer into the output buffer. 0 or the code; `size` is the length of
// the answer, also when it did not fit.
DWORD AskIoctl(const Lookup& lookup, const Request& request, DWORD* size) {
  const ControlFile& control = **lookup.control;
  Bytes reply;
  const Asked asked = Ask(control, DescribeIoctl(lookup.query, request, control.ioctl_ms),
                          control.ioctl_ms, lookup.cancel, &reply);
  *size = 0;
  if (asked == Asked::kCancelled) return WSA_E_CANCELLED;
  if (asked == Asked::kBroken && Broken(Switch::kCustomLossCode)) return WSATRY_AGAIN;
  if (asked != Asked::kAnswered) return WSAENETDOWN;
  ByteReader reader(reply);
  const DWORD code = reader.Number();
  const Bytes answer = reader.Run();
  if (code != 0) return code;
  *size = static_cast<DWORD>(answer.size());
  if (answer.size() > request.output_size) return WSAEFAULT;
  return WriteMemory(request.output, answer.data(), answer.size()) ? 0 : WSAEFAULT;
}

struct CustomWork {
  LookupRef lookup;
  RequestRef request;
};

DWORD WINAPI CustomThread(void* parameter) {
  const HMODULE module = HoldModule();
  {
    const std::unique_ptr<CustomWork> work(static_cast<CustomWork*>(parameter));
    DWORD size = 0;
    const DWORD code = AskIoctl(*work->lookup, *work->request, &size);
    CompleteRequest(work->request, code == 0 ? Outcome::kAnswer : Outcome::kFailure, code, size);
  }
  EndThread(module);
}

DWORD CustomCode(const Call& call) {
  Lookup& lookup = *call.lookup;
  auto request = std::make_shared<Request>();
  if (call.client) {
    const DWORD type = call.completion.Type;
    if (type == NSP_NOTIFY_IMMEDIATELY) return WSAEWOULDBLOCK;
    if (type == NSP_NOTIFY_HWND) {
      return Broken(Switch::kCustomWindowPends) ? WSA_IO_PENDING : WSAEINVAL;
    }
    const DWORD refused = PrepareRequest(call.completion, call.thread, request.get());
    if (refused != 0) return refused;
  }
  if (!lookup.control->Open()) return WSAENETDOWN;
  if (lookup.control->HostThread()) return WSAEINPROGRESS;
  request->custom = true;
  request->client = call.client;
  request->code = call.code;
  request->output = call.out;
  request->output_size = call.out ? call.out_size : 0;
  if (call.in_size > 0x1000000) return WSAEFAULT;
  request->input.resize(call.in ? call.in_size : 0);
  if (!ReadMemory(call.in, request->input.data(), request->input.size())) return WSAEFAULT;
  if (!call.client) {
    DWORD size = 0;
    const DWORD code = AskIoctl(lookup, *request, &size);
    return StoreReturned(call, size) ? code : WSAEFAULT;
  }
  const DWORD code = Occupy(&lookup, request);
  if (code != 0) return code;
  PinModule();
  StartThread(CustomThread, new CustomWork{call.lookup, request});
  return WSA_IO_PENDING;
}

bool JunkBuffers(const Call& call) {
  uint8_t probe;
  return (call.in && call.in_size && !ReadMemory(call.in, &probe, 1)) ||
         (call.out && call.out_size && !ReadMemory(call.out, &probe, 1));
}

DWORD NotifyCode(const Call& call) {
  if (JunkBuffers(call) && Broken(Switch::kNotifyChecksBuffers)) return WSAEFAULT;
  if (!call.client) return Poll(call, false);
  if (call.completion.Type == NSP_NOTIFY_IMMEDIATELY) return Poll(call, true);
  return RegisterNotify(call);
}

}  // namespace

DWORD ControlLookup(HANDLE handle, DWORD code, const void* in, DWORD in_size, void* out,
                    DWORD out_size, DWORD* returned, const WSACOMPLETION* completion,
                    const WSATHREADID* thread) {
  Call call = {nullptr, code, in, in_size, out, out_size, returned, completion, thread, {}};
  if (FindLookup(handle, &call.lookup) != Found::kLive) {
    return Broken(Switch::kEndedIoctlCode) ? WSAEINVAL : WSA_INVALID_HANDLE;
  }
  call.lookup->used = true;
  const bool notify =
      code == kNotifyChange || (code == kAddressListSort && Broken(Switch::kSortIsNotify));
  if (!notify && (code < kFirstCode || code > kLastCode)) {
    return Broken(Switch::kUnknownCodeInvalid) ? WSAEINVAL : WSAEOPNOTSUPP;
  }
  if (completion) {
    if (!ReadMemory(completion, &call.completion, sizeof(call.completion))) {
      return Broken(Switch::kBadCompletionCode) ? WSAEINVAL : WSAEFAULT;
    }
    if (static_cast<DWORD>(call.completion.Type) > NSP_NOTIFY_APC) {
      if (Broken(Switch::kTypeFivePends)) return WSA_IO_PENDING;
      return Broken(Switch::kBadCompletionCode) ? WSAEFAULT : WSAEINVAL;
    }
  }
  return notify ? NotifyCode(call) : CustomCode(call);
}

}  // namespace faulty
