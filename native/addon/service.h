// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A running server together with its way into JavaScript, and the order in which both end.
#ifndef WINSOCK_NSP_ADDON_SERVICE_H_
#define WINSOCK_NSP_ADDON_SERVICE_H_

#include <napi.h>

#include <memory>
#include <vector>

#include "event_queue.h"
#include "pipe_server.h"

namespace nsp {

// It lives as long as its threadsafe function, its JavaScript object or the environment's list
// needs it. All functions are for JavaScript's thread.
class Service : public std::enable_shared_from_this<Service> {
 public:
  Service();

  // Throws NativeFailure; then nothing is left behind.
  void Start(Napi::Env env, std::unique_ptr<ServerOptions> options, const Napi::Function& on_event,
             const Napi::Function& on_frames);

  [[nodiscard]] PipeServer& server() { return server_; }
  void Ref(Napi::Env env) { queue_.Ref(env); }
  void Unref(Napi::Env env) { queue_.Unref(env); }

  // Ends everything; the promise is kept when the I/O thread has ended.
  Napi::Value Close(Napi::Env env);

  // The same at once and without JavaScript, because the environment ends.
  void Abandon();

 private:
  void OnEnded(Napi::Env env);

  EventQueue queue_;
  PipeServer server_;  // its thread uses queue_
  std::vector<Napi::Promise::Deferred> closing_;
  bool ended_ = false;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_SERVICE_H_
