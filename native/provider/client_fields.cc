// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See client_fields.h.
#include "client_fields.h"

#include "guarded_copy.h"

namespace nsp {

DWORD CopyClientText(const void* text, Buffer* copy) {
  uint32_t units = 0;
  if (!GuardedLength(text, kMaxStringChars, &units)) {
    return WSAEFAULT;
  }
  if (units == 0) {
    return 0;
  }
  if (!copy->Resize(units * sizeof(uint16_t))) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (!GuardedText(copy->data(), text, &units)) {
    return WSAEFAULT;
  }
  copy->Truncate(units * sizeof(uint16_t));
  return 0;
}

DWORD ClientFields::ReadSet(const void* from, WSAQUERYSETW* set) {
  DWORD size = 0;
  bool whole = GuardedRead(&size, from) && size >= sizeof(*set) && GuardedRead(set, from);
  return whole ? 0 : WSAEFAULT;
}

DWORD ClientFields::CopyName(const void* text) {
  uint32_t units = 0;
  head_.present |= kHasName;
  if (GuardedShortText(short_name_, kInlineNameUnits, text, &name_units_)) {
    return 0;
  }
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
  if (!GuardedText(target, text, &units)) {
    return WSAEFAULT;
  }
  name_units_ = units;
  return 0;
}

DWORD ClientFields::CopyBlob(const void* from) {
  BLOB blob;
  if (!GuardedRead(&blob, from)) {
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
  return 0;
}

DWORD ClientFields::Copy(const WSAQUERYSETW& set) {
  if (set.lpServiceClassId != nullptr) {
    if (!GuardedCopy(head_.service_class, set.lpServiceClassId, sizeof(head_.service_class))) {
      return WSAEFAULT;
    }
    head_.present |= kHasClass;
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
  if (set.lpszContext != nullptr) {
    if (DWORD code = CopyClientText(set.lpszContext, &context_)) {
      return code;
    }
    head_.present |= kHasContext;
  }
  return set.lpBlob == nullptr ? 0 : CopyBlob(set.lpBlob);
}

QuerySetView ClientFields::View() const {
  QuerySetView view;
  view.head = head_;
  view.name = {reinterpret_cast<const uint8_t*>(name()), name_units_ * 2};
  view.context = ViewOf(context_);
  view.blob = ViewOf(blob_);
  return view;
}

}  // namespace nsp
