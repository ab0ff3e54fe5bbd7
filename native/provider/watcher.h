// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What pends in this process, and the one pool thread that looks after it: subscribes, reads the
// pipe, finds a restarted host again, keeps deadlines. The thread exists only while something
// pends.
#ifndef WINSOCK_NSP_PROVIDER_WATCHER_H_
#define WINSOCK_NSP_PROVIDER_WATCHER_H_

#include "connection.h"
#include "control_view.h"
#include "pending_request.h"

namespace nsp {

class Provider;

class Watcher {
 public:
  explicit Watcher(Provider* provider) : provider_(provider) {}
  ~Watcher() { Delete(index_); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Lists an armed request and makes sure that the thread runs. False: no memory or thread; nothing
  // is listed.
  [[nodiscard]] bool Add(PendingRequest* request);
  // Takes a claimed request off the list. Any thread.
  void Remove(PendingRequest* request);

  // The connection has frames that found no room in the pipe: sends them when there is some. Any
  // thread. Without memory or a thread they wait for the next Send.
  void Flush();

  // A change frame of the connection `serial`: `count` ChangeItem at `items`, perhaps unaligned.
  // Any thread that reads the pipe.
  void OnChange(uint32_t serial, const uint8_t* items, uint32_t count);

 private:
  // What the host was told of, found by the counter of the name, or by `any`. And the change that
  // is being looked at.
  struct Index {
    static constexpr uint32_t kLists = 256;
    RequestList lists[kLists];
    uint32_t sequence[kCounterCount];
    bool changed[kCounterCount];
  };
  enum class Pick { kAllNotify, kDirty, kExpired };

  bool Prepare();
  static void CALLBACK Run(PTP_CALLBACK_INSTANCE, void* context);
  bool StartThread();
  bool Ended();
  void Turn();
  bool Idle();
  void Unwatch();
  void Wake();
  void WakeIfIdle();
  void Put(PendingRequest* request);
  void Take(PendingRequest* request, PendingRequest** taken);
  void TakeNotify(RequestList* list, const ControlMapping* mapping, PendingRequest** taken);
  void TakeChanged(RequestList* list, PendingRequest** taken);
  bool Concerned(const PendingRequest& request) const;
  bool NextToSubscribe(uint32_t serial, Ref<PendingRequest>* request);
  DWORD FlushMs();
  bool Subscribe(Connection* connection, const ControlState& state);
  void WaitForHost(const ControlState& state);
  void Complete(Pick pick, const ControlMapping* mapping);
  DWORD NextDueMs();

  Provider* provider_;  // owns this; the thread holds a reference to it

  SRWLOCK lock_ = SRWLOCK_INIT;  // guards the members below
  RequestList fresh_;            // notify requests that the host is to be told of
  Index* index_ = nullptr;       // those it was told of; made with the first request
  RequestList custom_;           // by their deadlines
  uint32_t count_ = 0;           // of all these
  uint32_t told_on_ = 0;         // serial of the connection that the index is of
  bool running_ = false;
  bool woken_ = false;  // since the thread's last turn began
  bool flush_ = false;  // frames wait for room in the pipe
  UniqueHandle wake_;   // auto-reset; set when the list changes, made with the first thread
  UniquePool pool_;

  // The thread's alone.
  Ref<Connection> watched_;
  uint32_t sequence_ = 0;
  uint64_t down_since_ = 0;
  DWORD backoff_ms_ = 0;
  DWORD flush_ms_ = 0;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_WATCHER_H_
