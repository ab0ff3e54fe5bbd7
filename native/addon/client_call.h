// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The client's calls into ws2_32. All of them may block, so they are for threads of ClientPool.
#ifndef WINSOCK_NSP_ADDON_CLIENT_CALL_H_
#define WINSOCK_NSP_ADDON_CLIENT_CALL_H_

#include <cstdint>
#include <vector>

#include "client_lookup.h"
#include "client_query.h"
#include "status.h"

namespace nsp {

// WSA_E_CANCELLED if the lookup ends meanwhile, or has ended. The buffer grows as the provider
// asks, within a limit; WSAEFAULT beyond that, WSAEINVALIDPROVIDER for a result that is none.
Status NextResult(ClientLookup& lookup, DWORD flags, ClientSet* result);

struct IoctlOutput {
  std::vector<uint8_t> bytes;
  DWORD needed = 0;  // with WSAEFAULT: what the provider says that it needs
};

// A control code, synchronously.
Status CallIoctl(ClientLookup& lookup, DWORD code, std::vector<uint8_t> input, DWORD output_size,
                 IoctlOutput* output);

// SIO_NSP_NOTIFY_CHANGE as a question.
Status PollChange(ClientLookup& lookup, bool* changed);

Status SetService(const ClientSet& set, WSAESETSERVICEOP operation, DWORD flags);
Status InstallClass(const ClientClass& info);
Status RemoveClass(GUID id);
Status GetClass(GUID provider, GUID id, ClientClass* info);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CLIENT_CALL_H_
