// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The way from the I/O thread into JavaScript: one typed threadsafe function, one wake-up for all
// events that wait.
#ifndef WINSOCK_NSP_ADDON_EVENT_QUEUE_H_
#define WINSOCK_NSP_ADDON_EVENT_QUEUE_H_

#include <napi.h>

#include <functional>
#include <mutex>
#include <vector>

#include "event.h"

namespace nsp {

class EventQueue : public EventSink {
 public:
  // Both are called on JavaScript's thread. `delivered`: a client's event was handed over.
  // `ended`: everything was, and nothing follows.
  EventQueue(std::function<void(const Event&)> delivered, std::function<void(Napi::Env)> ended)
      : delivered_(std::move(delivered)), ended_(std::move(ended)) {}

  // `finalized` is the last use of the queue; it is called on JavaScript's thread, after Release or
  // when the environment ends.
  void Open(Napi::Env env, const Napi::Function& callback, std::function<void()> finalized);

  void Ref(Napi::Env env);
  void Unref(Napi::Env env);

  // No event gets through any more. The threadsafe function is given back and not touched again.
  void Release();

  void Emit(Event event) override;
  void Ended() override;

 private:
  static void Deliver(Napi::Env env, Napi::Function callback, EventQueue* self, void*);
  using Function = Napi::TypedThreadSafeFunction<EventQueue, void, &EventQueue::Deliver>;

  // With the lock.
  void Schedule();

  const std::function<void(const Event&)> delivered_;
  const std::function<void(Napi::Env)> ended_;
  std::function<void()> finalized_;
  Function function_;

  // Guards what follows, and that function_ is called only while it is open. It is not held while
  // JavaScript runs.
  std::mutex mutex_;
  std::vector<Event> events_;
  bool open_ = false;
  bool scheduled_ = false;
  bool has_ended_ = false;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_EVENT_QUEUE_H_
