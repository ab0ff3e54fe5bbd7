// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Counts WSAStartup and WSACleanup around Wine's own.
#ifndef RIG_STARTUP_H_
#define RIG_STARTUP_H_

namespace rig {

// Whether the process is between its first WSAStartup and its last WSACleanup.
bool Started();

}  // namespace rig

#endif  // RIG_STARTUP_H_
