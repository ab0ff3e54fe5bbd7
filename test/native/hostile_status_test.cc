// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A host that answers WSA_IO_PENDING: the client would wait for what never comes.
#include "check.h"
#include "provider_host.h"

TEST(a_status_that_would_make_a_client_wait_is_none) {
  Host host([](const Arrived& frame) -> Reaction {
    if (frame.header.kind == nsp::kFrameNext)
      return {Batch(WSA_IO_PENDING, {}), nsp::kFrameLastBatch};
    return {ReplyOf(WSA_IO_PENDING)};
  });
  const HANDLE lookup = BeginLookup(host, kPlain);
  CHECK(lookup != nullptr);
  CHECK_EQUAL(NextResult(host, lookup).code, static_cast<DWORD>(WSANO_RECOVERY));
  char bytes[8] = {};
  DWORD returned = 0;
  SetLastError(0);
  CHECK(host.table().NSPIoctl(lookup, kCode, bytes, sizeof(bytes), bytes, sizeof(bytes), &returned,
                              nullptr, nullptr) != 0);
  CHECK_EQUAL(GetLastError(), static_cast<DWORD>(WSANO_RECOVERY));
  host.table().NSPLookupServiceEnd(lookup);
}
