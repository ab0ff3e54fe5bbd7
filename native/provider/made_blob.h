// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The blobs of gethostbyname and getservbyname (contract 4.4): a hostent or servent of this
// process's width whose pointers are offsets from its start. Made here, because a host does not
// know the width.
#ifndef WINSOCK_NSP_PROVIDER_MADE_BLOB_H_
#define WINSOCK_NSP_PROVIDER_MADE_BLOB_H_

#include "packer.h"

namespace nsp {

// True if the result has one: its kind asks for it and, for a servent, its class tells the port.
[[nodiscard]] bool HasMadeBlob(const QuerySetView& item);

// Lays the blob out, with offsets from 0; the packer ends behind its last byte.
void PackMadeBlob(const QuerySetView& item, Packer* packer);

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_MADE_BLOB_H_
