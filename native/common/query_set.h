// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Reader and writer of query-set blocks (wire.h). Portable and freestanding; nothing here allocates
// or waits.
#ifndef WINSOCK_NSP_COMMON_QUERY_SET_H_
#define WINSOCK_NSP_COMMON_QUERY_SET_H_

#include <cstddef>
#include <cstdint>

#include "block.h"
#include "wire.h"

namespace nsp {

// A query or a result in plain form. Views point into the block or into the caller's copies.
struct QuerySetView {
  QuerySetHead head = {};
  Bytes name;
  Bytes comment;
  Bytes context;
  Bytes query_string;
  Bytes blob;
  Bytes aliases;    // UTF-16, each alias with its terminator
  Bytes protocols;  // head.protocol_count ProtocolPair, perhaps unaligned
  Bytes addresses;  // the encoded addresses, checked; walk them with NextAddress
};

struct AddressView {
  AddressHead head = {};
  Bytes local;
  Bytes remote;
};

// Checks a block of at most `available` bytes completely and fills `view`. False: malformed,
// nothing usable.
[[nodiscard]] bool ReadQuerySet(const uint8_t* block, size_t available, QuerySetView* view);

// True if `blocks` begins with `count` sound blocks; *bytes is their size.
[[nodiscard]] bool MeasureBlocks(Bytes blocks, uint32_t count, size_t* bytes);

// Takes the next address of a view that ReadQuerySet filled. False: none left.
[[nodiscard]] bool NextAddress(Bytes* addresses, AddressView* address);

// The encoded size of an address, made of its two sides and its head's type and protocol; 0 if a
// side is too long. WriteAddress writes it into that many bytes.
[[nodiscard]] size_t MeasureAddress(const AddressView& address);
void WriteAddress(const AddressView& address, uint8_t* out);

// The size of the block that WriteQuerySet makes of `view` (its head.size is ignored); 0 if a limit
// is exceeded. Addresses are taken over in encoded form.
[[nodiscard]] size_t MeasureQuerySet(const QuerySetView& view);

// Writes the block into `out`, which has MeasureQuerySet(view) bytes.
void WriteQuerySet(const QuerySetView& view, uint8_t* out);

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_QUERY_SET_H_
