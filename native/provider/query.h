// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A client's WSAQUERYSETW, copied out of its memory once. Nothing reads the client's structure
// after that.
#ifndef WINSOCK_NSP_PROVIDER_QUERY_H_
#define WINSOCK_NSP_PROVIDER_QUERY_H_

#include "windows_headers.h"

#include "memory.h"
#include "query_set.h"

namespace nsp {

// The longest name that needs no allocation; longer ones take the heap.
inline constexpr uint32_t kInlineNameUnits = 256;

class Query {
 public:
  // Copies `restrictions` (never NULL). Returns 0, WSAEFAULT (size, memory), WSAEINVAL (a count or
  // length that no query can have) or WSA_NOT_ENOUGH_MEMORY. Neither waits nor locks.
  [[nodiscard]] DWORD Copy(const void* restrictions);

  bool has_name() const { return (head_.present & kHasName) != 0; }
  const uint16_t* name() const { return long_name_.data() == nullptr ? short_name_ : LongName(); }
  uint32_t name_units() const { return name_units_; }
  const uint8_t* service_class() const {
    return (head_.present & kHasClass) != 0 ? head_.service_class : nullptr;
  }
  uint32_t name_space() const { return head_.name_space; }
  bool has_provider() const { return has_provider_; }
  const uint8_t* provider() const { return provider_; }

  // True for a context that a flat provider accepts: none, "" or "\".
  bool has_plain_context() const;
  // True if the protocols leave IP something to answer.
  bool wants_ip() const;

  // The query as a block of the wire, for entry `entry` with Begin's flags.
  [[nodiscard]] DWORD Encode(uint32_t entry, uint32_t flags, Buffer* block) const;

 private:
  const uint16_t* LongName() const { return reinterpret_cast<const uint16_t*>(long_name_.data()); }
  DWORD CopyName(const void* text);
  DWORD CopyText(const void* text, uint32_t bit, Buffer* copy);
  DWORD CopyRest(const void* structure);

  QuerySetHead head_ = {};
  uint16_t short_name_[kInlineNameUnits + 1];
  uint32_t name_units_ = 0;
  Buffer long_name_;
  Buffer context_;
  Buffer query_string_;
  Buffer blob_;
  Buffer protocols_;
  bool has_provider_ = false;
  uint8_t provider_[16];
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_QUERY_H_
