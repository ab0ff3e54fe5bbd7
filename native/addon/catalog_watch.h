// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Tells JavaScript of changes to the catalogs, by WSAProviderConfigChange: an event, a wait of the
// system's thread pool, and a threadsafe function. No thread of its own, no polling.
#ifndef WINSOCK_NSP_ADDON_CATALOG_WATCH_H_
#define WINSOCK_NSP_ADDON_CATALOG_WATCH_H_

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>

#include "status.h"
#include "unique_handle.h"

namespace nsp {

// What the system writes when the catalog changes. It stays where it is until `event` is set, even
// if nobody waits any more.
struct ConfigChange {
  OVERLAPPED overlapped = {};
  UniqueHandle event;
};

// All functions but the wait's callback are for JavaScript's thread. A change between two calls of
// the callback is never lost: the next one is asked for before the callback runs, and the first
// before Open returns.
class CatalogWatch : public std::enable_shared_from_this<CatalogWatch> {
 public:
  CatalogWatch() = default;
  CatalogWatch(const CatalogWatch&) = delete;
  CatalogWatch& operator=(const CatalogWatch&) = delete;
  ~CatalogWatch();

  // Needs a started Winsock. The threadsafe function keeps us, and the process, until Close.
  Status Open(Napi::Env env, const Napi::Function& on_change);

  // Nothing is called any more. Idempotent. The change that is still asked for, if it is.
  [[nodiscard]] std::unique_ptr<ConfigChange> Close();

 private:
  static void Deliver(Napi::Env env, Napi::Function callback, CatalogWatch* self, void*);
  using Function = Napi::TypedThreadSafeFunction<CatalogWatch, void, &CatalogWatch::Deliver>;
  static void CALLBACK OnEvent(PTP_CALLBACK_INSTANCE, void* context, PTP_WAIT, TP_WAIT_RESULT);

  // Asks to be told of the next change.
  Status Arm();
  // How the change that was asked for ended.
  Status Finish();
  void StartFunction(Napi::Env env, const Napi::Function& on_change);
  void ReleaseFunction();

  UniqueHandle notification_;
  std::unique_ptr<ConfigChange> change_;
  bool pending_ = false;
  UniquePoolWait wait_;

  Function function_;
  // Guards that function_ is called only while it is open.
  std::mutex mutex_;
  bool open_ = false;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CATALOG_WATCH_H_
