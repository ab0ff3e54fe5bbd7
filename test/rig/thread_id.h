// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The WSATHREADID of client threads: a duplicate of the thread's handle that lives as long as it.
#ifndef RIG_THREAD_ID_H_
#define RIG_THREAD_ID_H_

#include "winsock.h"

namespace rig {

// DLL_PROCESS_ATTACH and DLL_PROCESS_DETACH.
bool PrepareThreadIds();
void DisposeThreadIds();

// The calling thread's, made at its first call. ThreadHandle is NULL if none could be had.
WSATHREADID CallingThreadId();

// DLL_THREAD_DETACH: closes the calling thread's handle.
void ReleaseThreadId();

// The final WSACleanup: closes the handles of all threads.
void ReleaseAllThreadIds();

}  // namespace rig

#endif  // RIG_THREAD_ID_H_
