// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One walk over the fields serves reader, measure and writer, so that they cannot disagree about
// order or padding.
#include "query_set.h"

#include <cstring>

namespace nsp {
namespace {

constexpr uint32_t kKnownFields = kHasName | kHasClass | kHasVersion | kHasComment | kHasContext |
                                  kHasQueryString | kHasBlob | kHasAliases;

struct Field {
  uint32_t bit;
  Bytes QuerySetView::*bytes;
  bool is_text;
};

constexpr Field kFields[] = {
    {kHasName, &QuerySetView::name, true},
    {kHasComment, &QuerySetView::comment, true},
    {kHasContext, &QuerySetView::context, true},
    {kHasQueryString, &QuerySetView::query_string, true},
    {kHasBlob, &QuerySetView::blob, false},
    {kHasAliases, &QuerySetView::aliases, true},
};

bool FieldSizeAllowed(const Field& field, uint32_t size) {
  return field.is_text ? TextSizeAllowed(size) : size <= kMaxBlobBytes;
}

// What a block has besides its head and lists, in order, until one is refused.
template <typename Visit>
bool EachField(uint32_t present, const Visit& visit) {
  uint32_t left = present & ~(kHasClass | kHasVersion);
  for (const Field& field : kFields) {
    if (left == 0) {
      break;  // mostly behind the name
    }
    if ((left & field.bit) != 0 && !visit(field)) {
      return false;
    }
    left &= ~field.bit;
  }
  return true;
}

bool TakeAddress(Bytes* rest, AddressView* address) {
  return TakeValue(rest, &address->head) && address->head.local_bytes <= kMaxSockaddrBytes &&
         address->head.remote_bytes <= kMaxSockaddrBytes &&
         TakeBytes(rest, address->head.local_bytes, &address->local) &&
         TakeBytes(rest, address->head.remote_bytes, &address->remote);
}

}  // namespace

bool ReadQuerySet(const uint8_t* block, size_t available, QuerySetView* view) {
  *view = {};
  QuerySetHead& head = view->head;
  if (available < sizeof(head)) {
    return false;
  }
  std::memcpy(&head, block, sizeof(head));
  if (head.size > available || head.size < sizeof(head) || head.size % 4 != 0 ||
      (head.present & ~kKnownFields) != 0 || head.protocol_count > kMaxProtocols ||
      head.address_count > kMaxAddresses || head.blob_kind > kBlobServent) {
    return false;
  }
  Bytes rest = {block + sizeof(head), head.size - static_cast<uint32_t>(sizeof(head))};
  if (!EachField(head.present, [&](const Field& field) {
        uint32_t size = 0;
        return TakeValue(&rest, &size) && FieldSizeAllowed(field, size) &&
               TakeBytes(&rest, size, &(view->*field.bytes));
      })) {
    return false;
  }
  if (!TakeBytes(&rest, head.protocol_count * static_cast<uint32_t>(sizeof(ProtocolPair)),
                 &view->protocols)) {
    return false;
  }
  view->addresses = rest;
  for (uint32_t i = 0; i < head.address_count; ++i) {
    AddressView ignored;
    if (!TakeAddress(&rest, &ignored)) {
      return false;
    }
  }
  return rest.size == 0;
}

bool MeasureBlocks(Bytes blocks, uint32_t count, size_t* bytes) {
  *bytes = 0;
  for (uint32_t i = 0; i < count; ++i) {
    QuerySetView view;
    if (!ReadQuerySet(blocks.data + *bytes, blocks.size - *bytes, &view)) {
      return false;
    }
    *bytes += view.head.size;
  }
  return true;
}

bool NextAddress(Bytes* addresses, AddressView* address) {
  return addresses->size != 0 && TakeAddress(addresses, address);
}

size_t MeasureAddress(const AddressView& address) {
  if (address.local.size > kMaxSockaddrBytes || address.remote.size > kMaxSockaddrBytes) {
    return 0;
  }
  return sizeof(AddressHead) + Pad4(address.local.size) + Pad4(address.remote.size);
}

void WriteAddress(const AddressView& address, uint8_t* out) {
  AddressHead head = address.head;
  head.local_bytes = address.local.size;
  head.remote_bytes = address.remote.size;
  PutBytes(&out, &head, sizeof(head));
  PutBytes(&out, address.local.data, address.local.size);
  PutBytes(&out, address.remote.data, address.remote.size);
}

size_t MeasureQuerySet(const QuerySetView& view) {
  size_t size = sizeof(QuerySetHead);
  if (!EachField(view.head.present, [&](const Field& field) {
        const uint32_t bytes = (view.*field.bytes).size;
        size += sizeof(uint32_t) + Pad4(bytes);
        return FieldSizeAllowed(field, bytes);
      })) {
    return 0;
  }
  if (view.head.protocol_count > kMaxProtocols || view.head.address_count > kMaxAddresses) {
    return 0;
  }
  size += view.head.protocol_count * sizeof(ProtocolPair) + view.addresses.size;
  return size <= kMaxFrameBytes ? size : 0;
}

void WriteQuerySet(const QuerySetView& view, uint8_t* out) {
  QuerySetHead head = view.head;
  uint8_t* at = out + sizeof(head);
  static_cast<void>(EachField(head.present, [&](const Field& field) {
    PutSized(&at, view.*field.bytes);
    return true;
  }));
  PutBytes(&at, view.protocols.data, head.protocol_count * sizeof(ProtocolPair));
  PutBytes(&at, view.addresses.data, view.addresses.size);
  head.size = static_cast<uint32_t>(at - out);
  std::memcpy(out, &head, sizeof(head));
}

}  // namespace nsp
