// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// All state of one environment. Worker threads load the addon once more each and share nothing.
#ifndef WINSOCK_NSP_ADDON_ADDON_DATA_H_
#define WINSOCK_NSP_ADDON_ADDON_DATA_H_

#include <napi.h>

#include <memory>
#include <set>
#include <vector>

#include "catalog.h"
#include "catalog_watch.h"

namespace nsp {

class ClientQueue;
class Service;

class AddonData {
 public:
  // Makes the environment's data and the hook that closes every server, and lets the
  // client's calls go, before it ends.
  static void Create(Napi::Env env);
  static AddonData& Of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }

  // Winsock, started at the first use of the catalog. Throws.
  void StartWinsock(Napi::Env env);

  void Add(std::shared_ptr<Service> service) { services_.insert(std::move(service)); }
  void Remove(const std::shared_ptr<Service>& service) { services_.erase(service); }

  // Where the client's calls settle their promises; made at its first use.
  const std::shared_ptr<ClientQueue>& Client(Napi::Env env);

  void Add(std::shared_ptr<CatalogWatch> watch) { watches_.insert(std::move(watch)); }
  // Closes it; idempotent.
  void Close(const std::shared_ptr<CatalogWatch>& watch);

  Napi::FunctionReference server_class;

 private:
  void CloseAll();
  // Frees what the system has given back.
  void FreeChanges();

  Winsock winsock_;
  std::set<std::shared_ptr<Service>> services_;
  std::shared_ptr<ClientQueue> client_;
  std::set<std::shared_ptr<CatalogWatch>> watches_;
  // Of closed watches: still the system's to write to.
  std::vector<std::unique_ptr<ConfigChange>> changes_;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_ADDON_DATA_H_
