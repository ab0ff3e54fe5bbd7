// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Packing of a result for an ANSI client; see ansi.h. One walk measures and writes.
#include "ansi.h"
#include "ansi_packer.h"

namespace rig {
namespace {

void PackAddress(AnsiPacker& packer, const SOCKET_ADDRESS& from, SOCKET_ADDRESS* to) {
  void* const place =
      packer.Place(from.lpSockaddr, static_cast<size_t>(from.iSockaddrLength), sizeof(void*));
  if (to != nullptr) to->lpSockaddr = static_cast<SOCKADDR*>(place);
}

void PackAddresses(AnsiPacker& packer, const WSAQUERYSETW& from, WSAQUERYSETA* to) {
  CSADDR_INFO* const copies = packer.Copy(from.lpcsaBuffer, from.dwNumberOfCsAddrs);
  if (to != nullptr) to->lpcsaBuffer = copies;
  if (from.lpcsaBuffer == nullptr) return;
  for (DWORD i = 0; i < from.dwNumberOfCsAddrs; ++i) {
    CSADDR_INFO* const copy = copies != nullptr ? &copies[i] : nullptr;
    PackAddress(packer, from.lpcsaBuffer[i].LocalAddr, copy ? &copy->LocalAddr : nullptr);
    PackAddress(packer, from.lpcsaBuffer[i].RemoteAddr, copy ? &copy->RemoteAddr : nullptr);
  }
}

void PackBlob(AnsiPacker& packer, const BLOB* from, WSAQUERYSETA* to) {
  if (from == nullptr) return;
  BLOB* const copy = packer.Copy(from);
  void* const data = packer.Place(from->pBlobData, from->cbSize, 8);
  if (to == nullptr) return;
  copy->pBlobData = static_cast<BYTE*>(data);
  to->lpBlob = copy;
}

// With a NULL `to` this only measures.
size_t Pack(const WSAQUERYSETW& from, WSAQUERYSETA* to) {
  AnsiPacker packer(to, sizeof *to);
  WSAQUERYSETA scratch{};
  WSAQUERYSETA& set = to != nullptr ? *to : scratch;
  set = WSAQUERYSETA{};
  set.dwSize = sizeof set;
  set.lpServiceClassId = packer.Copy(from.lpServiceClassId);
  set.lpVersion = packer.Copy(from.lpVersion);
  set.dwNameSpace = from.dwNameSpace;
  set.lpNSProviderId = packer.Copy(from.lpNSProviderId);
  set.dwNumberOfProtocols = from.dwNumberOfProtocols;
  set.lpafpProtocols = packer.Copy(from.lpafpProtocols, from.dwNumberOfProtocols);
  set.dwNumberOfCsAddrs = from.dwNumberOfCsAddrs;
  set.dwOutputFlags = from.dwOutputFlags;
  PackAddresses(packer, from, to);
  PackBlob(packer, from.lpBlob, to);
  set.lpszServiceInstanceName = packer.Text(from.lpszServiceInstanceName);
  set.lpszComment = packer.Text(from.lpszComment);
  set.lpszContext = packer.Text(from.lpszContext);
  set.lpszQueryString = packer.Text(from.lpszQueryString);
  return packer.used();
}

}  // namespace

DWORD WriteAnsiResult(const WSAQUERYSETW& from, void* buffer, DWORD size) {
  const size_t needed = Pack(from, nullptr);
  if (buffer != nullptr && needed <= size) Pack(from, static_cast<WSAQUERYSETA*>(buffer));
  return static_cast<DWORD>(needed);
}

}  // namespace rig
