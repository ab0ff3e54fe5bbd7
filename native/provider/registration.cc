// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See registration.h; which fields count is said in the WSAQUERYSETW and NSPSetService pages.
#include "registration.h"

#include <cstring>

#include "guarded_copy.h"

namespace nsp {
namespace {

// One side of an address. An absent one has no length, wherever it points.
DWORD CopySide(const SOCKET_ADDRESS& side, uint8_t* copy, Bytes* bytes) {
  if (side.iSockaddrLength == 0) {
    return 0;
  }
  if (side.iSockaddrLength < 0 || side.iSockaddrLength > static_cast<INT>(kMaxSockaddrBytes)) {
    return WSAEINVAL;
  }
  *bytes = {copy, static_cast<uint32_t>(side.iSockaddrLength)};
  return GuardedCopy(copy, side.lpSockaddr, bytes->size) ? 0 : WSAEFAULT;
}

}  // namespace

DWORD Registration::CopyAddress(const CSADDR_INFO& info) {
  uint8_t local[kMaxSockaddrBytes];
  uint8_t remote[kMaxSockaddrBytes];
  AddressView address;
  if (DWORD code = CopySide(info.LocalAddr, local, &address.local)) {
    return code;
  }
  if (DWORD code = CopySide(info.RemoteAddr, remote, &address.remote)) {
    return code;
  }
  address.head.socket_type = info.iSocketType;
  address.head.protocol = info.iProtocol;
  uint8_t* room = nullptr;
  if (DWORD code = addresses_.Extend(MeasureAddress(address), &room)) {
    return code;
  }
  WriteAddress(address, room);
  return 0;
}

DWORD Registration::CopyAddresses(const WSAQUERYSETW& set) {
  if (set.dwNumberOfCsAddrs > kMaxAddresses) {
    return WSAEINVAL;
  }
  // The array first, whole: the client may change it while its addresses are being read.
  Buffer array;
  if (!array.Resize(set.dwNumberOfCsAddrs * sizeof(CSADDR_INFO))) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  if (!GuardedCopy(array.data(), set.lpcsaBuffer, array.size())) {
    return WSAEFAULT;
  }
  for (; address_count_ < set.dwNumberOfCsAddrs; ++address_count_) {
    CSADDR_INFO info;
    std::memcpy(&info, array.data() + address_count_ * sizeof(info), sizeof(info));
    if (DWORD code = CopyAddress(info)) {
      return code;
    }
  }
  return 0;
}

DWORD Registration::Copy(const void* service) {
  WSAQUERYSETW set;
  if (DWORD code = ClientFields::ReadSet(service, &set)) {
    return code;
  }
  if (DWORD code = fields_.Copy(set)) {
    return code;
  }
  if (set.lpszComment != nullptr) {
    if (DWORD code = CopyClientText(set.lpszComment, &comment_)) {
      return code;
    }
    has_comment_ = true;
  }
  return CopyAddresses(set);
}

QuerySetView Registration::View() const {
  QuerySetView view = fields_.View();
  view.head.present |= has_comment_ ? kHasComment : 0u;
  view.comment = ViewOf(comment_);
  view.head.address_count = address_count_;
  view.addresses = addresses_.View();
  return view;
}

}  // namespace nsp
