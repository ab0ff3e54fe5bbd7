// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The fields that a query and a registration have in common, copied out of a client's WSAQUERYSETW
// once. Nothing reads the client's memory after that.
#ifndef WINSOCK_NSP_PROVIDER_CLIENT_FIELDS_H_
#define WINSOCK_NSP_PROVIDER_CLIENT_FIELDS_H_

#include "windows_headers.h"

#include <cstring>

#include "memory.h"
#include "query_set.h"

namespace nsp {

// The longest name that needs no allocation; longer ones take the heap.
inline constexpr uint32_t kInlineNameUnits = 256;

inline Bytes ViewOf(const Buffer& buffer) {
  return {buffer.data(), buffer.size()};
}

// Copies a text of the client's. Returns 0, WSAEFAULT or WSA_NOT_ENOUGH_MEMORY.
[[nodiscard]] DWORD CopyClientText(const void* text, Buffer* copy);

class ClientFields {
 public:
  // The structure itself, never NULL. Returns 0 or WSAEFAULT (size, memory).
  [[nodiscard]] static DWORD ReadSet(const void* from, WSAQUERYSETW* set);

  // Copies name, class, version, context and blob. Returns 0, WSAEFAULT, WSAEINVAL (a length that
  // no query can have) or WSA_NOT_ENOUGH_MEMORY. Neither waits nor locks.
  [[nodiscard]] DWORD Copy(const WSAQUERYSETW& set);

  bool has_name() const { return (head_.present & kHasName) != 0; }
  const uint16_t* name() const { return long_name_.data() == nullptr ? short_name_ : LongName(); }
  uint32_t name_units() const { return name_units_; }
  const uint8_t* service_class() const {
    return (head_.present & kHasClass) != 0 ? head_.service_class : nullptr;
  }
  const Buffer& context() const { return context_; }

  // For the writer of blocks; points into this object.
  QuerySetView View() const;
  // A name, and nothing else but what lies in a block's head, where PutInHead puts it.
  bool has_name_alone() const {
    return (head_.present & ~(kHasClass | kHasVersion)) == kHasName &&
           TextSizeAllowed(name_units_ * 2);
  }
  void PutInHead(QuerySetHead* head) const {
    head->present = head_.present;
    head->version = head_.version;
    head->compare = head_.compare;
    std::memcpy(head->service_class, head_.service_class, sizeof(head->service_class));
  }

 private:
  const uint16_t* LongName() const { return reinterpret_cast<const uint16_t*>(long_name_.data()); }
  DWORD CopyName(const void* text);
  DWORD CopyBlob(const void* from);

  QuerySetHead head_ = {};
  uint16_t short_name_[kInlineNameUnits + 1];
  uint32_t name_units_ = 0;
  Buffer long_name_;
  Buffer context_;
  Buffer blob_;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_CLIENT_FIELDS_H_
