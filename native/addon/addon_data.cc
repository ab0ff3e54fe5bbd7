// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See addon_data.h.
#include "addon_data.h"

#include "client_queue.h"
#include "js_error.h"
#include "service.h"

namespace nsp {

void AddonData::Create(Napi::Env env) {
  auto* data = new AddonData;
  env.SetInstanceData(data);  // owns it
  env.AddCleanupHook([data] { data->CloseAll(); });
}

void AddonData::StartWinsock(Napi::Env env) {
  ThrowIfFailed(env, winsock_.Start());
}

const std::shared_ptr<ClientQueue>& AddonData::Client(Napi::Env env) {
  if (client_ == nullptr) client_ = ClientQueue::Open(env);
  return client_;
}

void AddonData::Close(const std::shared_ptr<CatalogWatch>& watch) {
  FreeChanges();
  if (auto change = watch->Close()) changes_.push_back(std::move(change));
  watches_.erase(watch);
}

void AddonData::FreeChanges() {
  std::erase_if(changes_, [](const std::unique_ptr<ConfigChange>& change) {
    return WaitForSingleObject(change->event.get(), 0) == WAIT_OBJECT_0;
  });
}

void AddonData::CloseAll() {
  // Calls of the client may go on in their pool; the finalizers of their lookups end them.
  if (client_ != nullptr) client_->Close();
  // Each one ends its thread before this returns, so that the library may be unloaded.
  for (const auto& service : services_) {
    service->Abandon();
  }
  services_.clear();
  while (!watches_.empty()) {
    Close(std::shared_ptr<CatalogWatch>(*watches_.begin()));
  }
  FreeChanges();
  for (auto& change : changes_) {
    (void)change.release();  // the system may yet write to it: better leaked than freed
  }
  changes_.clear();
}

}  // namespace nsp
