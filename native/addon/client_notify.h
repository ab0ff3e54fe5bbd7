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

// Asks to be told, on this thread, which may block; no thread is held while the request pends.
// `done` is called once, perhaps before this returns: ok after a change, WSA_OPERATION_ABORTED when
// the lookup has ended, else what the request failed with.
void NotifyChange(std::shared_ptr<ClientLookup> lookup, std::function<void(const Status&)> done);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CLIENT_NOTIFY_H_
