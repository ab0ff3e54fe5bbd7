// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A client's query, copied out of its WSAQUERYSETW once. Nothing reads the client's structure after
// that.
#ifndef WINSOCK_NSP_PROVIDER_QUERY_H_
#define WINSOCK_NSP_PROVIDER_QUERY_H_

#include "client_fields.h"

namespace nsp {

// Most queries fit: a name of 24 characters, a class, two protocols.
using QueryBlock = InlineBuffer<128>;

class Query {
 public:
  // Copies `restrictions` (never NULL). Returns 0, WSAEFAULT (size, memory), WSAEINVAL (a count or
  // length that no query can have) or WSA_NOT_ENOUGH_MEMORY. Neither waits nor locks.
  [[nodiscard]] DWORD Copy(const void* restrictions);

  const ClientFields& fields() const { return fields_; }
  uint32_t name_space() const { return name_space_; }
  bool has_provider() const { return has_provider_; }
  const uint8_t* provider() const { return provider_; }

  // True for a context that a flat provider accepts: none, "" or "\".
  bool has_plain_context() const;
  // True if the protocols leave IP something to answer.
  bool wants_ip() const;

  // A name, and nothing else but what lies in a block's head, as most queries have.
  bool has_name_alone() const {
    return fields_.has_name_alone() && !has_query_string_ && protocol_count_ == 0;
  }

  // The query as a block of the wire, for entry `entry` with Begin's flags.
  [[nodiscard]] DWORD Encode(uint32_t entry, uint32_t flags, QueryBlock* block) const;

 private:
  DWORD CopyProtocols(const WSAQUERYSETW& set);
  DWORD EncodeName(uint32_t entry, uint32_t flags, QueryBlock* block) const;

  ClientFields fields_;
  uint32_t name_space_ = 0;
  bool has_query_string_ = false;
  Buffer query_string_;
  uint32_t protocol_count_ = 0;
  // In this object: a query that is refused costs no allocation.
  uint8_t protocols_[kMaxProtocols * sizeof(ProtocolPair)];
  bool has_provider_ = false;
  uint8_t provider_[16];
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_QUERY_H_
