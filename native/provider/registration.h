// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a client registers, copied out of its WSAQUERYSETW once: name, class, version, comment,
// context, addresses, blob. The other fields are not even looked at.
#ifndef WINSOCK_NSP_PROVIDER_REGISTRATION_H_
#define WINSOCK_NSP_PROVIDER_REGISTRATION_H_

#include "client_fields.h"
#include "growing_block.h"

namespace nsp {

class Registration {
 public:
  // Copies `service` (never NULL). Returns 0, WSAEFAULT (size, memory), WSAEINVAL (a count or
  // length that no service can have), WSAENOBUFS (more than a frame holds) or
  // WSA_NOT_ENOUGH_MEMORY. Neither waits nor locks.
  [[nodiscard]] DWORD Copy(const void* service);

  const ClientFields& fields() const { return fields_; }

  // For the writer of blocks; points into this object.
  QuerySetView View() const;

 private:
  DWORD CopyAddresses(const WSAQUERYSETW& set);
  DWORD CopyAddress(const CSADDR_INFO& info);

  ClientFields fields_;
  bool has_comment_ = false;
  Buffer comment_;
  uint32_t address_count_ = 0;
  GrowingBlock addresses_;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_REGISTRATION_H_
