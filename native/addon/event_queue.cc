// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See event_queue.h.
#include "event_queue.h"

#include <cstring>
#include <initializer_list>
#include <utility>

#include "js_convert.h"

namespace nsp {
namespace {

// Larger runs are copied into an array of their own, and their memory is not kept.
constexpr size_t kBufferBytes = 65536;

// Calls a listener. What it throws is an uncaught exception, as from any event handler; what
// follows is still told. By the C functions: a worker that is terminated in the middle of the call
// leaves an exception without a value, of which Napi::Error cannot be made.
void Tell(Napi::Env env, const Napi::Function& listener,
          std::initializer_list<napi_value> arguments) {
  const napi_status status = napi_call_function(env, env.Undefined(), listener, arguments.size(),
                                                arguments.begin(), nullptr);
  napi_value error = nullptr;
  if (status == napi_pending_exception &&
      napi_get_and_clear_last_exception(env, &error) == napi_ok) {
    napi_fatal_exception(env, error);
  }
}

}  // namespace

void EventQueue::Open(Napi::Env env, const Napi::Function& on_event,
                      const Napi::Function& on_frames, std::function<void()> finalized) {
  finalized_ = std::move(finalized);
  on_frames_ = Napi::Persistent(on_frames);
  buffer_ = Napi::Persistent(Napi::Uint8Array::New(env, kBufferBytes));
  // Queue size 0: no limit. What a client can put into it is bounded by Delivered.
  function_ = Function::New(
      env, on_event, "winsock-nsp", 0, 1, this,
      [](Napi::Env, EventQueue* self, EventQueue*) {
        // From a copy: the call frees the queue.
        const std::function<void()> last = std::move(self->finalized_);
        self->DropReferences();
        {
          const std::lock_guard lock(self->mutex_);
          self->open_ = false;
        }
        last();
      },
      this);
  const std::lock_guard lock(mutex_);
  open_ = true;
}

void EventQueue::Ref(Napi::Env env) {
  const std::lock_guard lock(mutex_);
  if (open_) function_.Ref(env);
}

void EventQueue::Unref(Napi::Env env) {
  const std::lock_guard lock(mutex_);
  if (open_) function_.Unref(env);
}

void EventQueue::Release() {
  DropReferences();
  const std::lock_guard lock(mutex_);
  events_.clear();
  frames_.clear();
  if (!open_) return;
  open_ = false;
  // Whatever it answers, the function is not ours any more.
  (void)function_.Release();
}

void EventQueue::Emit(Event event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  events_.push_back({std::move(event), frames_.size()});
  Schedule();
}

void EventQueue::EmitFrame(uint32_t client, const FrameHeader& header, const uint8_t* body) {
  const FrameRecord record = {client, header};
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  const size_t at = frames_.size();
  frames_.resize(at + record.padded_bytes());
  std::memcpy(frames_.data() + at, &record, sizeof(record));
  if (record.body_bytes() != 0) {
    std::memcpy(frames_.data() + at + sizeof(record), body, record.body_bytes());
  }
  Schedule();
}

void EventQueue::Ended() {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  Schedule();
}

void EventQueue::Schedule() {
  if (!open_ || scheduled_) return;
  switch (function_.NonBlockingCall()) {
    case napi_ok:
      scheduled_ = true;
      break;
    case napi_closing:
      // The environment ends; this call has given back our share of the function.
      open_ = false;
      events_.clear();
      frames_.clear();
      break;
    default:
      break;  // out of memory, for one: the next event tries again
  }
}

void EventQueue::Deliver(Napi::Env env, Napi::Function callback, EventQueue* self, void*) {
  // An empty environment is one that ends: the finalizer follows, and nobody hears events.
  if (env == nullptr) return;
  std::vector<Waiting> events;
  std::vector<uint8_t> records = std::move(self->records_);
  records.clear();
  bool ended = false;
  {
    const std::lock_guard lock(self->mutex_);
    self->scheduled_ = false;
    events.swap(self->events_);
    records.swap(self->frames_);
    ended = self->has_ended_;
  }
  size_t at = 0;
  for (const Waiting& each : events) {
    self->DeliverFrames(env, records.data() + at, each.frames_before - at);
    at = each.frames_before;
    const Napi::HandleScope scope(env);
    try {
      Tell(env, callback, {FromEvent(env, each.event)});
    } catch (const Napi::Error&) {
      // The environment ends: there is nobody who would hear it.
    }
  }
  self->DeliverFrames(env, records.data() + at, records.size() - at);
  if (records.capacity() <= kBufferBytes) self->records_ = std::move(records);
  if (ended) self->ended_(env);
}

void EventQueue::DeliverFrames(Napi::Env env, const uint8_t* records, size_t bytes) {
  // Without its functions it is released: what came before this moment made it so.
  if (bytes == 0 || on_frames_.IsEmpty()) return;
  const Napi::HandleScope scope(env);
  try {
    Napi::Uint8Array array;
    if (bytes <= kBufferBytes) {
      array = buffer_.Value();
      std::memcpy(array.Data(), records, bytes);
    } else {
      array = FromBytes(env, records, bytes);
    }
    Tell(env, on_frames_.Value(), {array, Napi::Number::New(env, static_cast<double>(bytes))});
  } catch (const Napi::Error&) {
    // As above.
  }
  delivered_(records, bytes);
}

void EventQueue::DropReferences() {
  on_frames_.Reset();
  buffer_.Reset();
}

}  // namespace nsp
