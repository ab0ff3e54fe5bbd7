// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// NSPIoctl of one handle: polls from memory, notify requests, custom codes (LPNSPIOCTL page;
// contract 2).
#include <cstring>

#include "apc_queue.h"
#include "guarded_copy.h"
#include "host_pipe.h"
#include "lookup.h"
#include "provider.h"
#include "reply.h"
#include "switches.h"

#ifndef SIO_NSP_NOTIFY_CHANGE
#define SIO_NSP_NOTIFY_CHANGE 0x88000019u
#endif

namespace nsp {
namespace {

constexpr uint32_t kQueryBytesAt = offsetof(IoctlBody, query_bytes);

// Many clients pass NULL although the page asks for a pointer.
DWORD StoreReturned(void* bytes_returned, DWORD bytes) {
  return bytes_returned == nullptr || GuardedWrite(bytes_returned, bytes) ? 0 : WSAEFAULT;
}

}  // namespace

DWORD Lookup::Ioctl(const IoctlCall& call) {
  ControlState state = provider_->control()->State();
  if (state && state_.mapping().retired()) {
    state = {};
  }
  bool notify = call.code == SIO_NSP_NOTIFY_CHANGE;
  const ControlFilter& filter = state ? state.filter() : state_.filter();
  if (!notify && !DeclaresCode(filter, call.code)) {
    return WSAEOPNOTSUPP;
  }
  if (!notify) {
    return Custom(call, state);
  }
  CompletionRequest completion;
  if (DWORD code = ReadCompletion(call.completion, &completion)) {
    return code;
  }
  if (!state) {
    return WSAENETDOWN;
  }
  bool vouching = (filter.host_flags & kHostAsksStillValid) != 0;
  return completion.asynchronous ? Register(completion, call, state, vouching)
                                 : Poll(call, state, vouching);
}

DWORD Lookup::Poll(const IoctlCall& call, const ControlState& state, bool vouching) {
  bool changed = false;
  if (vouching) {
    bool valid = true;
    if (DWORD code = StillValid(state, &valid)) {
      return code;
    }
    changed = !valid;
  }
  {
    ExclusiveLock lock(&lock_);
    if (!vouching) {
      uint32_t any = state_.mapping().counter(kCounterAny);
      std::atomic_thread_fence(std::memory_order_acquire);
      changed = sample_.Dirty(state_.mapping());
      clean_.store(changed ? 0 : kClean | any, std::memory_order_release);
    }
    if (changed) {
      sample_.Report(state_.mapping());
    }
  }
  if (DWORD code = StoreReturned(call.bytes_returned, 0)) {
    return code;
  }
  return changed ? 0 : WSAEWOULDBLOCK;
}

// Asks the provider's `stillValid`, with the counters at Begin and at the last Next.
DWORD Lookup::StillValid(const ControlState& state, bool* valid) {
  const ControlFilter& filter = state.filter();
  if (OnHostThread(filter)) {
    return WSAEINPROGRESS;
  }
  Deadline deadline(filter.ioctl_deadline_ms);
  Call call;
  Buffer body;
  {
    ExclusiveLock lock(&lock_);
    StillValidBody head = {deadline.LeftMs(), sample_.count()};
    if (!body.Resize(sizeof(head) + head.count * sizeof(CounterPair))) {
      return WSA_NOT_ENOUGH_MEMORY;
    }
    std::memcpy(body.data(), &head, sizeof(head));
    for (uint32_t i = 0; i < head.count; ++i) {
      CounterPair pair = {sample_.index(i), sample_.at_begin(i), sample_.at_next(i)};
      std::memcpy(body.data() + sizeof(head) + i * sizeof(pair), &pair, sizeof(pair));
    }
  }
  if (DWORD code = Ask(state, kFrameStillValid, ViewOf(body), 0, deadline, &call)) {
    return code;
  }
  Reply reply = ReadReply(call);
  uint32_t answer = 0;
  if (reply.status != 0) {
    return reply.status;
  }
  if (reply.bytes != sizeof(answer)) {
    return WSANO_RECOVERY;
  }
  std::memcpy(&answer, reply.data, sizeof(answer));
  *valid = answer != 0;
  return 0;
}

// One synchronous call; End wakes it. A host that says nothing until the deadline is WSAENETDOWN.
DWORD Lookup::Ask(const ControlState& state, uint32_t kind, const Bytes& body,
                  uint32_t query_bytes_at, const Deadline& deadline, Call* call) {
  if (!call->TakeEvents(provider_->events())) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (!Enlist(call)) {
    return WSA_INVALID_HANDLE;
  }
  auto send = [&](Connection* connection) {
    return SendOn(connection, {kind, body, query_bytes_at}, deadline, call);
  };
  DWORD code = TransactGuarded(TripOf(state, kind, deadline, call), SendRef(send));
  Delist(call);
  return code;
}

// Claims the handle's one place for requests of this kind.
DWORD Lookup::TakeSlot(PendingRequest* request) {
  ExclusiveLock lock(&lock_);
  if (ended_) {
    return WSA_INVALID_HANDLE;
  }
  Ref<PendingRequest>& slot = request->custom ? custom_ : notify_;
  if (slot) {
    return WSAEINVAL;
  }
  slot = Ref<PendingRequest>(request);
  return 0;
}

// Frees the place; what it held may end with it, outside the lock.
void Lookup::ReleaseSlot(PendingRequest* request) {
  Ref<PendingRequest> old;
  ExclusiveLock lock(&lock_);
  ClearSlot(request, &old);
}

// Needs the lock.
void Lookup::ClearSlot(PendingRequest* request, Ref<PendingRequest>* old) {
  Ref<PendingRequest>& slot = request->custom ? custom_ : notify_;
  if (slot.get() == request) {
    std::swap(*old, slot);
  }
}

// Slot, completion, armed: from here on the client is owed a completion.
DWORD Lookup::Prepare(const CompletionRequest& completion, const IoctlCall& call,
                      PendingRequest* request) {
  SweepEndedThreads();
  if (!PinModule()) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  request->lookup = Ref<Lookup>(this);
  if (DWORD code = TakeSlot(request)) {
    return code;
  }
  if (DWORD code = request->completion.Acquire(completion.copy, call.thread_id)) {
    ReleaseSlot(request);
    request->Abandon();
    return code;
  }
  request->Arm();
  return 0;
}

// Gives an armed request to the watcher. End may have completed it already: then it must not stay
// listed.
bool Lookup::Watch(PendingRequest* request) {
  if (!provider_->watcher()->Add(request)) {
    return false;
  }
  if (!request->pending()) {
    provider_->watcher()->Remove(request);
  }
  return true;
}

DWORD Lookup::Register(const CompletionRequest& completion, const IoctlCall& call,
                       const ControlState& state, bool vouching) {
  const ControlFilter& filter = state.filter();
  if (OnHostThread(filter)) {
    return WSAEINPROGRESS;
  }
  bool dirty = false;
  Subscription seen;
  {
    ExclusiveLock lock(&lock_);
    seen.Take(sample_);
    if (SwitchedOff("sample-first")) {
      seen.Rebase(state_.mapping());
    }
    dirty = !vouching && !SwitchedOff("sample-first") && sample_.Dirty(state_.mapping());
  }
  if (vouching) {
    // Counted from before the question: what changes while it is answered completes the request.
    seen.Rebase(state_.mapping());
    bool valid = true;
    if (DWORD code = StillValid(state, &valid)) {
      return code;
    }
    dirty = !valid;
  }
  if (!dirty) {
    // A host that is there but takes nobody now is found by the watcher; one that is not cannot be
    // watched.
    Ref<Connection> connection;
    DWORD code = provider_->Connect(state, Deadline(0), nullptr, &connection);
    if (code != 0 && code != ERROR_PIPE_BUSY) {
      return WSAENETDOWN;
    }
  }
  Ref<PendingRequest> request = MakeRef<PendingRequest>();
  if (!request) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  request->subscription = seen;
  if (DWORD code = Prepare(completion, call, request.get())) {
    return code;
  }
  static_cast<void>(StoreReturned(call.bytes_returned, 0));
  if (dirty) {
    CompleteNotify(request.get(), {});
  } else if (!Watch(request.get()) && request->Claim()) {
    ReleaseSlot(request.get());
    request->Drop();
    return WSA_NOT_ENOUGH_MEMORY;
  }
  return WSA_IO_PENDING;
}

DWORD Lookup::Custom(const IoctlCall& ioctl, const ControlState& state) {
  CompletionRequest completion;
  if (DWORD code = ReadCompletion(ioctl.completion, &completion)) {
    return code;
  }
  if (completion.asynchronous && completion.copy.Type == NSP_NOTIFY_HWND) {
    return WSAEINVAL;
  }
  if (ioctl.completion != nullptr && !completion.asynchronous) {
    return WSAEWOULDBLOCK;
  }
  Buffer body;
  Deadline deadline(state ? state.filter().ioctl_deadline_ms : 0);
  size_t size = sizeof(IoctlBody) + ioctl.input_bytes;
  if (ioctl.input_bytes > kMaxFrameBytes || size > kMaxFrameBytes - sizeof(FrameHeader)) {
    return WSAENOBUFS;
  }
  if (!body.Resize(size)) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (ioctl.input_bytes != 0 &&
      (ioctl.input == nullptr ||
       !GuardedCopy(body.data() + sizeof(IoctlBody), ioctl.input, ioctl.input_bytes))) {
    return WSAEFAULT;
  }
  if (!state) {
    return WSAENETDOWN;
  }
  const ControlFilter& filter = state.filter();
  if (OnHostThread(filter)) {
    return WSAEINPROGRESS;
  }
  IoctlBody head = {deadline.LeftMs(),
                    ioctl.code,
                    ioctl.output == nullptr ? 0 : ioctl.output_bytes,
                    completion.asynchronous ? static_cast<uint32_t>(completion.copy.Type) : 0,
                    0,
                    ioctl.input_bytes};
  std::memcpy(body.data(), &head, sizeof(head));
  if (completion.asynchronous) {
    return CustomAsync(completion, ioctl, state, body);
  }
  Call call;
  if (DWORD code = Ask(state, kFrameIoctl, ViewOf(body), kQueryBytesAt, deadline, &call)) {
    return code;
  }
  uint32_t bytes = 0;
  DWORD room = ioctl.output == nullptr ? 0 : ioctl.output_bytes;
  DWORD code = StoreReply(ReadReply(call), ioctl.output, room, &bytes);
  if (code != 0 && bytes == 0) {
    return code;
  }
  // The length, or with WSAEFAULT the length needed.
  DWORD stored = StoreReturned(ioctl.bytes_returned, bytes);
  return code != 0 ? code : stored;
}

DWORD Lookup::CustomAsync(const CompletionRequest& completion, const IoctlCall& ioctl,
                          const ControlState& state, const Buffer& body) {
  if (!provider_->breaker()->Allow(state.filter())) {
    return WSAENETDOWN;
  }
  Deadline deadline(state.filter().ioctl_deadline_ms);
  Ref<PendingRequest> request = MakeRef<PendingRequest>();
  if (!request) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  request->custom = true;
  request->output = ioctl.output;
  request->output_bytes = ioctl.output == nullptr ? 0 : ioctl.output_bytes;
  request->due = deadline.end();
  request->call.request = request.get();
  if (!request->call.TakeEvents(provider_->events())) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (DWORD code = Prepare(completion, ioctl, request.get())) {
    return code;
  }
  DWORD code = WSA_NOT_ENOUGH_MEMORY;
  if (Watch(request.get())) {
    auto send = [&](Connection* connection) {
      return SendOn(connection, {kFrameIoctl, ViewOf(body), kQueryBytesAt}, deadline,
                    &request->call);
    };
    code = Transact(TripOf(state, kFrameIoctl, deadline, &request->call), SendRef(send));
    request->call.GiveEvents();  // nobody waits for the answer
  }
  // A request that somebody completed meanwhile has had its completion: then this call has started
  // it.
  if (code == 0 || !request->Claim()) {
    return WSA_IO_PENDING;
  }
  ReleaseSlot(request.get());
  provider_->watcher()->Remove(request.get());
  request->Drop();
  return code == WAIT_TIMEOUT ? static_cast<DWORD>(WSAENETDOWN) : code;
}

}  // namespace nsp
