// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See query.h; which fields count is said in the WSAQUERYSETW and NSPLookupServiceBegin pages.
#include "query.h"

#include <cstring>

#include "guarded_copy.h"

namespace nsp {

DWORD Query::CopyProtocols(const WSAQUERYSETW& set) {
  if (set.dwNumberOfProtocols == 0 || set.lpafpProtocols == nullptr) {
    return 0;
  }
  if (set.dwNumberOfProtocols > kMaxProtocols) {
    return WSAEINVAL;
  }
  if (!GuardedCopy(protocols_, set.lpafpProtocols,
                   set.dwNumberOfProtocols * sizeof(ProtocolPair))) {
    return WSAEFAULT;
  }
  protocol_count_ = set.dwNumberOfProtocols;
  return 0;
}

DWORD Query::Copy(const void* restrictions) {
  WSAQUERYSETW set;
  if (DWORD code = ClientFields::ReadSet(restrictions, &set)) {
    return code;
  }
  name_space_ = set.dwNameSpace;
  if (set.lpNSProviderId != nullptr) {
    if (!GuardedCopy(provider_, set.lpNSProviderId, sizeof(provider_))) {
      return WSAEFAULT;
    }
    has_provider_ = true;
  }
  if (DWORD code = fields_.Copy(set)) {
    return code;
  }
  if (set.lpszQueryString != nullptr) {
    if (DWORD code = CopyClientText(set.lpszQueryString, &query_string_)) {
      return code;
    }
    has_query_string_ = true;
  }
  return CopyProtocols(set);
}

bool Query::has_plain_context() const {
  const Buffer& context = fields_.context();
  return context.size() == 0 ||
         (context.size() == 2 && context.data()[0] == '\\' && context.data()[1] == 0);
}

bool Query::wants_ip() const {
  for (uint32_t i = 0; i < protocol_count_; ++i) {
    ProtocolPair pair;
    std::memcpy(&pair, protocols_ + i * sizeof(pair), sizeof(pair));
    if (pair.family == AF_UNSPEC || pair.family == AF_INET || pair.family == AF_INET6) {
      return true;
    }
  }
  return protocol_count_ == 0;
}

DWORD Query::EncodeName(uint32_t entry, uint32_t flags, QueryBlock* block) const {
  const uint32_t bytes = fields_.name_units() * static_cast<uint32_t>(sizeof(uint16_t));
  const size_t size = sizeof(QuerySetHead) + sizeof(bytes) + Pad4(bytes);
  if (!block->Resize(size)) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  uint8_t* at = block->data();
  auto* const head = new (at) QuerySetHead{};
  head->size = static_cast<uint32_t>(size);
  head->name_space = name_space_;
  head->flags = flags;
  head->entry = entry;
  fields_.PutInHead(head);
  at += sizeof(*head);
  PutSized(&at, {reinterpret_cast<const uint8_t*>(fields_.name()), bytes});
  return 0;
}

DWORD Query::Encode(uint32_t entry, uint32_t flags, QueryBlock* block) const {
  if (has_name_alone()) {
    return EncodeName(entry, flags, block);
  }
  QuerySetView view = fields_.View();
  view.head.entry = entry;
  view.head.flags = flags;
  view.head.name_space = name_space_;
  view.head.present |= has_query_string_ ? kHasQueryString : 0u;
  view.query_string = ViewOf(query_string_);
  view.head.protocol_count = protocol_count_;
  view.protocols = {protocols_, protocol_count_ * static_cast<uint32_t>(sizeof(ProtocolPair))};
  size_t size = MeasureQuerySet(view);
  if (size == 0) {
    return WSAEINVAL;
  }
  if (!block->Resize(size)) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  WriteQuerySet(view, block->data());
  return 0;
}

}  // namespace nsp
