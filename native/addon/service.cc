// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See service.h.
#include "service.h"

#include "addon_data.h"
#include "js_error.h"

namespace nsp {

Service::Service()
    : queue_([this](const uint8_t* records, size_t bytes) { server_.Delivered(records, bytes); },
             [this](Napi::Env env) { OnEnded(env); }),
      server_(&queue_) {}

void Service::Start(Napi::Env env, std::unique_ptr<ServerOptions> options,
                    const Napi::Function& on_event, const Napi::Function& on_frames) {
  // The threadsafe function keeps us until it is finalized.
  queue_.Open(env, on_event, on_frames, [self = shared_from_this()] {});
  uint32_t other_host = 0;
  const Status status = server_.Start(std::move(options), &other_host);
  if (status.ok()) {
    AddonData::Of(env).Add(shared_from_this());
    return;
  }
  // At once, not when the garbage collector comes by: the control file is free again.
  server_.BeginClose();
  server_.Join();
  queue_.Release();
  Napi::Error error = MakeFailure(env, status);
  if (status.code == ERROR_LOCK_VIOLATION) {
    error.Set("code", "EALREADY");
    error.Set("hostPid", Napi::Number::New(env, other_host));
  }
  throw error;
}

Napi::Value Service::Close(Napi::Env env) {
  const auto deferred = Napi::Promise::Deferred::New(env);
  if (ended_) {
    deferred.Resolve(env.Undefined());
    return deferred.Promise();
  }
  closing_.push_back(deferred);
  // Somebody waits now: the process must not end before the answer.
  queue_.Ref(env);
  server_.BeginClose();
  return deferred.Promise();
}

void Service::Abandon() {
  ended_ = true;
  queue_.Release();
  server_.BeginClose();
  // Ends as soon as the system has given back the cancelled operations; nothing in the I/O thread
  // waits for this one.
  server_.Join();
}

void Service::OnEnded(Napi::Env env) {
  const auto self = shared_from_this();  // Remove may drop the last other owner
  ended_ = true;
  server_.Join();  // it said so with its last breath
  AddonData::Of(env).Remove(self);
  for (const auto& deferred : closing_) {
    deferred.Resolve(env.Undefined());
  }
  closing_.clear();
  queue_.Release();
}

}  // namespace nsp
