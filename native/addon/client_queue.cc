// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See client_queue.h.
#include "client_queue.h"

#include <utility>

namespace nsp {

std::shared_ptr<ClientQueue> ClientQueue::Open(Napi::Env env) {
  auto queue = std::make_shared<ClientQueue>();
  // The threadsafe function keeps the queue until it is finalized.
  auto* const owner = new std::shared_ptr<ClientQueue>(queue);
  queue->function_ = Function::New(
      env, Napi::Function(), Napi::Object(), "winsock-nsp client", 0, 1, owner,
      [](Napi::Env, std::shared_ptr<ClientQueue>* self, std::shared_ptr<ClientQueue>*) {
        {
          const std::lock_guard lock((*self)->mutex_);
          (*self)->open_ = false;
        }
        delete self;
      },
      owner);
  queue->function_.Unref(env);
  queue->open_ = true;
  return queue;
}

void ClientQueue::Hold(Napi::Env env, bool hold) {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  if (hold) {
    function_.Ref(env);
  } else {
    function_.Unref(env);
  }
}

void ClientQueue::Post(Settle settle) {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  waiting_.push_back(std::move(settle));
  Schedule();
}

size_t ClientQueue::waiting() {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void ClientQueue::Close() {
  std::vector<Settle> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(waiting_);
  if (!open_) return;
  open_ = false;
  // Whatever it answers, the function is not ours any more.
  (void)function_.Release();
}

void ClientQueue::Schedule() {
  if (scheduled_) return;
  switch (function_.NonBlockingCall()) {
    case napi_ok:
      scheduled_ = true;
      break;
    case napi_closing:
      // The environment ends; this call has given back our share of the function.
      open_ = false;
      break;
    default:
      break;  // out of memory, for one: the next result tries again
  }
}

void ClientQueue::Deliver(Napi::Env env, Napi::Function, std::shared_ptr<ClientQueue>* self,
                          void*) {
  // An empty environment is one that ends: the finalizer follows, and nobody hears results.
  if (env == nullptr) return;
  std::vector<Settle> settles;
  {
    const std::lock_guard lock((*self)->mutex_);
    (*self)->scheduled_ = false;
    settles.swap((*self)->waiting_);
  }
  for (const Settle& settle : settles) {
    const Napi::HandleScope scope(env);
    try {
      settle(env);
    } catch (const Napi::Error&) {
      // Only an environment that is being torn down refuses; then nobody hears of it either.
    }
  }
}

}  // namespace nsp
