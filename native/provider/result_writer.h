// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One result into the caller's buffer, as NSPLookupServiceNext returns it (contract 3.5). One walk
// measures and writes.
#ifndef WINSOCK_NSP_PROVIDER_RESULT_WRITER_H_
#define WINSOCK_NSP_PROVIDER_RESULT_WRITER_H_

#include "memory.h"
#include "query_set.h"

namespace nsp {

struct ResultTarget {
  const QuerySetView* item;
  uint32_t return_flags;    // effective LUP_RETURN_* bits
  uint32_t name_space;      // of the entry
  const uint8_t* provider;  // GUID of the entry
  void* buffer;             // the caller's, untrusted; may be NULL if length is 0
  uint32_t length;
};

// Returns 0, WSAEFAULT (too small: *need is set; memory not writable: *need is 0) or
// WSA_NOT_ENOUGH_MEMORY. *need depends on the item and the flags alone, never on where the buffer
// lies. Nothing is written unless all fits.
[[nodiscard]] DWORD WriteResult(const ResultTarget& target, uint32_t* need);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_RESULT_WRITER_H_
