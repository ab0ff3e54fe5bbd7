// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The way from the I/O thread into JavaScript: one typed threadsafe function, one wake-up for all
// that waits, one call for all frames that lie between two events.
#ifndef WINSOCK_NSP_ADDON_EVENT_QUEUE_H_
#define WINSOCK_NSP_ADDON_EVENT_QUEUE_H_

#include <napi.h>

#include <functional>
#include <mutex>
#include <vector>

#include "event.h"
#include "mutex.h"

namespace nsp {

class EventQueue : public EventSink {
 public:
  // Both are called on JavaScript's thread. `delivered`: these frame records were handed over.
  // `ended`: everything was, and nothing follows.
  using Delivered = std::function<void(const uint8_t* records, size_t bytes)>;
  EventQueue(Delivered delivered, std::function<void(Napi::Env)> ended)
      : delivered_(std::move(delivered)), ended_(std::move(ended)) {}

  // `finalized` is the last use of the queue; it is called on JavaScript's thread, after Release or
  // when the environment ends.
  void Open(Napi::Env env, const Napi::Function& on_event, const Napi::Function& on_frames,
            std::function<void()> finalized);

  void Ref(Napi::Env env);
  void Unref(Napi::Env env);

  // No event gets through any more. The threadsafe function is given back and not touched again.
  void Release();

  void Emit(Event event) override;
  void EmitFrame(uint32_t client, const FrameHeader& header, const uint8_t* body) override;
  void Ended() override;

 private:
  // An event and how many bytes of frames came before it.
  struct Waiting {
    Event event;
    size_t frames_before;
  };

  static void Deliver(Napi::Env env, Napi::Function callback, EventQueue* self, void*);
  using Function = Napi::TypedThreadSafeFunction<EventQueue, void, &EventQueue::Deliver>;

  void DeliverFrames(Napi::Env env, const uint8_t* records, size_t bytes);
  void DropReferences();
  // With the lock.
  void Schedule();

  const Delivered delivered_;
  const std::function<void(Napi::Env)> ended_;
  std::function<void()> finalized_;
  Function function_;
  // JavaScript's thread.
  Napi::FunctionReference on_frames_;
  Napi::Reference<Napi::Uint8Array> buffer_;  // what on_frames_ reads; used again and again
  std::vector<uint8_t> records_;              // what is being delivered

  // Guards what follows, and that function_ is called only while it is open. It is not held while
  // JavaScript runs.
  Mutex mutex_;
  std::vector<Waiting> events_;
  std::vector<uint8_t> frames_;
  bool open_ = false;
  bool scheduled_ = false;
  bool has_ended_ = false;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_EVENT_QUEUE_H_
