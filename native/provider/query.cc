// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See query.h; which fields count is said in the WSAQUERYSETW and NSPLookupServiceBegin pages.
#include "query.h"

#include <cstring>

#include "guarded_copy.h"

namespace nsp {
namespace {

Bytes View(const Buffer& buffer) {
  return {buffer.data(), buffer.size()};
}

}  // namespace

DWORD Query::CopyName(const void* text) {
  uint32_t units = 0;
  if (!GuardedLength(text, kMaxStringChars, &units)) {
    return WSAEFAULT;
  }
  void* target = short_name_;
  if (units > kInlineNameUnits) {
    if (!long_name_.Resize(units * sizeof(uint16_t))) {
      return WSA_NOT_ENOUGH_MEMORY;
    }
    target = long_name_.data();
  }
  if (!GuardedCopy(target, text, units * sizeof(uint16_t))) {
    return WSAEFAULT;
  }
  name_units_ = units;
  head_.present |= kHasName;
  return 0;
}

DWORD Query::CopyText(const void* text, uint32_t bit, Buffer* copy) {
  if (text == nullptr) {
    return 0;
  }
  uint32_t units = 0;
  if (!GuardedLength(text, kMaxStringChars, &units)) {
    return WSAEFAULT;
  }
  if (!copy->Resize(units * sizeof(uint16_t))) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (!GuardedCopy(copy->data(), text, units * sizeof(uint16_t))) {
    return WSAEFAULT;
  }
  head_.present |= bit;
  return 0;
}

DWORD Query::CopyRest(const void* structure) {
  const auto& set = *static_cast<const WSAQUERYSETW*>(structure);
  if (DWORD code = CopyText(set.lpszContext, kHasContext, &context_)) {
    return code;
  }
  if (DWORD code = CopyText(set.lpszQueryString, kHasQueryString, &query_string_)) {
    return code;
  }
  if (set.dwNumberOfProtocols != 0 && set.lpafpProtocols != nullptr) {
    if (set.dwNumberOfProtocols > kMaxProtocols) {
      return WSAEINVAL;
    }
    if (!protocols_.Resize(set.dwNumberOfProtocols * sizeof(ProtocolPair))) {
      return WSA_NOT_ENOUGH_MEMORY;
    }
    if (!GuardedCopy(protocols_.data(), set.lpafpProtocols, protocols_.size())) {
      return WSAEFAULT;
    }
    head_.protocol_count = set.dwNumberOfProtocols;
  }
  if (set.lpBlob != nullptr) {
    BLOB blob;
    if (!GuardedRead(&blob, set.lpBlob)) {
      return WSAEFAULT;
    }
    if (blob.cbSize > kMaxBlobBytes) {
      return WSAEINVAL;
    }
    if (!blob_.Resize(blob.cbSize)) {
      return WSA_NOT_ENOUGH_MEMORY;
    }
    if (!GuardedCopy(blob_.data(), blob.pBlobData, blob.cbSize)) {
      return WSAEFAULT;
    }
    head_.present |= kHasBlob;
  }
  return 0;
}

DWORD Query::Copy(const void* restrictions) {
  DWORD size = 0;
  WSAQUERYSETW set;
  if (!GuardedRead(&size, restrictions) || size < sizeof(set) || !GuardedRead(&set, restrictions)) {
    return WSAEFAULT;
  }
  head_.name_space = set.dwNameSpace;
  if (set.lpServiceClassId != nullptr) {
    if (!GuardedCopy(head_.service_class, set.lpServiceClassId, sizeof(head_.service_class))) {
      return WSAEFAULT;
    }
    head_.present |= kHasClass;
  }
  if (set.lpNSProviderId != nullptr) {
    if (!GuardedCopy(provider_, set.lpNSProviderId, sizeof(provider_))) {
      return WSAEFAULT;
    }
    has_provider_ = true;
  }
  if (set.lpVersion != nullptr) {
    WSAVERSION version;
    if (!GuardedRead(&version, set.lpVersion)) {
      return WSAEFAULT;
    }
    head_.version = version.dwVersion;
    head_.compare = static_cast<uint32_t>(version.ecHow);
    head_.present |= kHasVersion;
  }
  if (set.lpszServiceInstanceName != nullptr) {
    if (DWORD code = CopyName(set.lpszServiceInstanceName)) {
      return code;
    }
  }
  return CopyRest(&set);
}

bool Query::has_plain_context() const {
  return context_.size() == 0 ||
         (context_.size() == 2 && context_.data()[0] == '\\' && context_.data()[1] == 0);
}

bool Query::wants_ip() const {
  for (uint32_t i = 0; i < head_.protocol_count; ++i) {
    ProtocolPair pair;
    std::memcpy(&pair, protocols_.data() + i * sizeof(pair), sizeof(pair));
    if (pair.family == AF_UNSPEC || pair.family == AF_INET || pair.family == AF_INET6) {
      return true;
    }
  }
  return head_.protocol_count == 0;
}

DWORD Query::Encode(uint32_t entry, uint32_t flags, Buffer* block) const {
  QuerySetView view;
  view.head = head_;
  view.head.entry = entry;
  view.head.flags = flags;
  view.name = {reinterpret_cast<const uint8_t*>(name()), name_units_ * 2};
  view.context = View(context_);
  view.query_string = View(query_string_);
  view.blob = View(blob_);
  view.protocols = View(protocols_);
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
