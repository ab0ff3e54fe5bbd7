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

constexpr size_t Pad4(size_t size) {
  return (size + 3) & ~size_t{3};
}

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
  return field.is_text ? size % 2 == 0 && size <= kMaxStringChars * 2 : size <= kMaxBlobBytes;
}

// Takes `size` bytes and their padding off the front of `rest`.
bool Take(Bytes* rest, uint32_t size, Bytes* taken) {
  if (size > rest->size || Pad4(size) > rest->size) {
    return false;
  }
  *taken = {rest->data, size};
  rest->data += Pad4(size);
  rest->size -= static_cast<uint32_t>(Pad4(size));
  return true;
}

template <typename T>
bool TakeValue(Bytes* rest, T* value) {
  static_assert(sizeof(T) % 4 == 0);
  Bytes taken;
  if (!Take(rest, sizeof(T), &taken)) {
    return false;
  }
  std::memcpy(value, taken.data, sizeof(T));
  return true;
}

bool TakeAddress(Bytes* rest, AddressView* address) {
  return TakeValue(rest, &address->head) && address->head.local_bytes <= kMaxSockaddrBytes &&
         address->head.remote_bytes <= kMaxSockaddrBytes &&
         Take(rest, address->head.local_bytes, &address->local) &&
         Take(rest, address->head.remote_bytes, &address->remote);
}

void Put(uint8_t** at, const void* data, size_t size) {
  if (size != 0) {
    std::memcpy(*at, data, size);
  }
  std::memset(*at + size, 0, Pad4(size) - size);
  *at += Pad4(size);
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
  for (const Field& field : kFields) {
    uint32_t size = 0;
    if ((head.present & field.bit) == 0) {
      continue;
    }
    if (!TakeValue(&rest, &size) || !FieldSizeAllowed(field, size) ||
        !Take(&rest, size, &(view->*field.bytes))) {
      return false;
    }
  }
  if (!Take(&rest, head.protocol_count * static_cast<uint32_t>(sizeof(ProtocolPair)),
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

bool NextAddress(Bytes* addresses, AddressView* address) {
  return addresses->size != 0 && TakeAddress(addresses, address);
}

size_t MeasureQuerySet(const QuerySetView& view) {
  size_t size = sizeof(QuerySetHead);
  for (const Field& field : kFields) {
    if ((view.head.present & field.bit) == 0) {
      continue;
    }
    const Bytes& bytes = view.*field.bytes;
    if (!FieldSizeAllowed(field, bytes.size)) {
      return 0;
    }
    size += sizeof(uint32_t) + Pad4(bytes.size);
  }
  if (view.head.protocol_count > kMaxProtocols || view.head.address_count > kMaxAddresses) {
    return 0;
  }
  size += view.head.protocol_count * sizeof(ProtocolPair) + view.addresses.size;
  return size <= kMaxFrameBytes ? size : 0;
}

void WriteQuerySet(const QuerySetView& view, uint8_t* out) {
  QuerySetHead head = view.head;
  head.size = static_cast<uint32_t>(MeasureQuerySet(view));
  uint8_t* at = out;
  Put(&at, &head, sizeof(head));
  for (const Field& field : kFields) {
    if ((head.present & field.bit) != 0) {
      const Bytes& bytes = view.*field.bytes;
      Put(&at, &bytes.size, sizeof(bytes.size));
      Put(&at, bytes.data, bytes.size);
    }
  }
  Put(&at, view.protocols.data, head.protocol_count * sizeof(ProtocolPair));
  Put(&at, view.addresses.data, view.addresses.size);
}

}  // namespace nsp
