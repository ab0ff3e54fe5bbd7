// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The way of the client's results into JavaScript: one threadsafe function for an environment.
#ifndef WINSOCK_NSP_ADDON_CLIENT_QUEUE_H_
#define WINSOCK_NSP_ADDON_CLIENT_QUEUE_H_

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace nsp {

class ClientQueue {
 public:
  // Runs on JavaScript's thread, where it settles a promise.
  using Settle = std::function<void(Napi::Env)>;

  // It does not keep the environment alive (Hold does).
  static std::shared_ptr<ClientQueue> Open(Napi::Env env);

  // From any thread. After Close, or while the environment ends, `settle` is dropped unused.
  void Post(Settle settle);

  // JavaScript's thread: how many results have not settled their promises yet.
  [[nodiscard]] size_t waiting();

  // JavaScript's thread: whether the environment stays while nothing else keeps it.
  void Hold(Napi::Env env, bool hold);

  // JavaScript's thread: the environment ends. Nothing is posted from now on.
  void Close();

 private:
  static void Deliver(Napi::Env env, Napi::Function, std::shared_ptr<ClientQueue>* self, void*);
  using Function =
      Napi::TypedThreadSafeFunction<std::shared_ptr<ClientQueue>, void, &ClientQueue::Deliver>;

  // With the lock.
  void Schedule();

  Function function_;

  // Guards what follows, and that function_ is called only while it is open. It is not held while
  // JavaScript runs, nor while anything that was posted is destroyed.
  std::mutex mutex_;
  std::vector<Settle> waiting_;
  bool open_ = false;
  bool scheduled_ = false;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CLIENT_QUEUE_H_
