// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Memory of a thread that gethostbyname and getservbyname return pointers into: valid until the
// thread's next such call, freed with the thread.
#ifndef RIG_THREAD_BUFFER_H_
#define RIG_THREAD_BUFFER_H_

#include <vector>

#include "winsock.h"

namespace rig {

enum class ThreadBuffer { kHost, kService };

// At attach of the DLL, at detach of a thread, at detach of the DLL.
bool PrepareThreadBuffers();
void ReleaseThreadBuffers();
void DisposeThreadBuffers();

// Keeps the bytes in the calling thread's buffer; null without memory.
BYTE* KeepInThread(ThreadBuffer which, std::vector<BYTE> bytes);

}  // namespace rig

#endif  // RIG_THREAD_BUFFER_H_
