// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Opens the host's pipe, and believes it only if account and process are the recorded ones (design:
// security).
#ifndef WINSOCK_NSP_PROVIDER_HOST_PIPE_H_
#define WINSOCK_NSP_PROVIDER_HOST_PIPE_H_

#include "control_file.h"
#include "sidecar.h"
#include "unique_handle.h"
#include "windows_headers.h"

namespace nsp {

// One attempt, without waiting. Returns 0, ERROR_PIPE_BUSY (a host is there, all instances are
// taken), or WSAENETDOWN. Runs without the thread's impersonation, which it restores.
[[nodiscard]] DWORD OpenHostPipe(const ControlFilter& filter, const Sidecar& sidecar,
                                 UniqueFile* pipe);

// Waits at most `ms` for an instance to become free.
void WaitForHostPipe(const ControlFilter& filter, DWORD ms);

// True in the process that serves, and on a thread there that runs its JavaScript.
[[nodiscard]] bool InHostProcess(const ControlFilter& filter);
[[nodiscard]] bool OnHostThread(const ControlFilter& filter);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_HOST_PIPE_H_
