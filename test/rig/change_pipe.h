// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// How a catalog change reaches WSAProviderConfigChange in all processes. A notification handle is
// the server end of a pipe with a name of its own, a request is a listen that pends on it, and
// whoever changes the catalog connects to each of these pipes and leaves the new serial there. So
// the kernel completes requests, CloseHandle and CancelIoEx work, and nobody needs a thread.
#ifndef RIG_CHANGE_PIPE_H_
#define RIG_CHANGE_PIPE_H_

#include <string>

#include "winsock.h"

namespace rig {

// Tells all requests that the catalog has the serial `serial` now.
void AnnounceChange(DWORD serial);

// A pipe that knows the catalog as of `serial` and does not listen yet. One that is `deaf` is not
// found by AnnounceChange. Returns 0 or a Winsock code.
DWORD CreateChangePipe(DWORD serial, bool deaf, HANDLE* pipe);

// Path under which to connect to a change pipe; empty if the handle is none.
std::wstring ChangePipePath(HANDLE pipe);

// Connects to a listening change pipe, which completes what pends there, and leaves `serial`.
// False if it does not listen.
bool ConnectChangePipe(const std::wstring& path, DWORD serial);

}  // namespace rig

#endif  // RIG_CHANGE_PIPE_H_
