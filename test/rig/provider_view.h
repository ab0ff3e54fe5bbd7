// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The catalog as this process sees it: compared with the registry's serial at each lookup and
// enumeration. An entry that is already known keeps the state it had when it was first read.
#ifndef RIG_PROVIDER_VIEW_H_
#define RIG_PROVIDER_VIEW_H_

#include <memory>
#include <vector>

#include "provider.h"

namespace rig {

using Providers = std::vector<std::shared_ptr<Provider>>;

// The started providers that a query goes to, in catalog order: the one named by `id`, or else all
// active ones of `name_space` (NS_ALL: all). Returns 0, or 10022 for an unknown `id`, or what
// reading the catalog failed with. Providers that fail to start are left out.
DWORD SelectProviders(const GUID* id, DWORD name_space, Providers* selected);

// How many entries a namespace has, disabled ones and those that do not load included.
size_t CountEntries(DWORD name_space);

// All entries of the own width in order.
DWORD ListEntries(CatalogEntries* entries);

// Stops every provider and forgets the catalog: the final WSACleanup.
void DropView();

}  // namespace rig

#endif  // RIG_PROVIDER_VIEW_H_
