// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See event_queue.h.
#include "event_queue.h"

#include <utility>

#include "js_convert.h"

namespace nsp {

void EventQueue::Open(Napi::Env env, const Napi::Function& callback,
                      std::function<void()> finalized) {
  finalized_ = std::move(finalized);
  // Queue size 0: no limit. What a client can put into it is bounded by Delivered.
  function_ = Function::New(
      env, callback, "winsock-nsp", 0, 1, this,
      [](Napi::Env, EventQueue* self, EventQueue*) {
        // From a copy: the call frees the queue.
        const std::function<void()> last = std::move(self->finalized_);
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
  const std::lock_guard lock(mutex_);
  events_.clear();
  if (!open_) return;
  open_ = false;
  // Whatever it answers, the function is not ours any more.
  (void)function_.Release();
}

void EventQueue::Emit(Event event) {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  events_.push_back(std::move(event));
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
      break;
    default:
      break;  // out of memory, for one: the next event tries again
  }
}

void EventQueue::Deliver(Napi::Env env, Napi::Function callback, EventQueue* self, void*) {
  // An empty environment is one that ends: the finalizer follows, and nobody hears events.
  if (env == nullptr) return;
  std::vector<Event> events;
  bool ended = false;
  {
    const std::lock_guard lock(self->mutex_);
    self->scheduled_ = false;
    events.swap(self->events_);
    ended = self->has_ended_;
  }
  for (const Event& event : events) {
    const Napi::HandleScope scope(env);
    try {
      callback.Call({FromEvent(env, event)});
    } catch (const Napi::Error& error) {
      // As from any event handler: 'uncaughtException'. The other events are still told.
      napi_fatal_exception(env, error.Value());
    }
    self->delivered_(event);
  }
  if (ended) self->ended_(env);
}

}  // namespace nsp
