// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The threads of the client's calls: blocking ones, and those that must never stand in line behind
// a blocking one. Neither is libuv's.
#ifndef WINSOCK_NSP_ADDON_CLIENT_POOL_H_
#define WINSOCK_NSP_ADDON_CLIENT_POOL_H_

#include <functional>

#include "status.h"
#include "unique_handle.h"

namespace nsp {

// One for the process and for its life: a foreign provider may keep a thread longer than the
// environment that asked lives, so this module stays loaded from the first use on.
class ClientPool {
 public:
  // Callable from any thread. Fails if Windows lacks memory for it, or Winsock does not start.
  static Status Get(ClientPool** pool);

  // `work` may block. Threads are made as needed, up to a limit; what is beyond waits its turn.
  Status Run(std::function<void()> work);

  // For what ends blocked calls.
  Status RunSoon(std::function<void()> work);

  // For waits, whose callbacks are short.
  [[nodiscard]] PTP_CALLBACK_ENVIRON soon() { return &soon_.environment; }

  // Work that was given and is not done.
  [[nodiscard]] long running() const;

 private:
  struct Threads {
    UniquePool pool;
    TP_CALLBACK_ENVIRON environment = {};

    Status Start(DWORD limit);
  };

  Status Start();
  static Status Submit(Threads& threads, std::function<void()> work);

  Threads calls_;
  Threads soon_;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CLIENT_POOL_H_
