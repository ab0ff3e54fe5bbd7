// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Waiting for a change of what a lookup was told: SIO_NSP_NOTIFY_CHANGE with an event.
#ifndef WINSOCK_NSP_ADDON_CLIENT_NOTIFY_H_
#define WINSOCK_NSP_ADDON_CLIENT_NOTIFY_H_

#include <functional>
#include <memory>

#include "client_lookup.h"
#include "status.h"

namespace nsp {

// What becomes of a request; each is called once, `accepted` first, on any thread.
struct ChangeEvents {
  // Ok as soon as the provider has the request, else what it was refused with.
  std::function<void(const Status&)> accepted;
  // Ok after a change, WSA_OPERATION_ABORTED when the lookup has ended, or as `accepted`.
  std::function<void(const Status&)> done;
};

// Asks to be told. The asking may block; no thread is held while the request pends.
void NotifyChange(std::shared_ptr<ClientLookup> lookup, ChangeEvents events);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CLIENT_NOTIFY_H_
