// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The module: its exports are `Native` of lib/internal/native.ts. They stay extensible, because the
// loader adds a property.
#include <napi.h>

#include "addon_data.h"
#include "js_catalog.h"
#include "js_client.h"
#include "js_files.h"
#include "server_object.h"

namespace {

// Raised when lib/internal/native.ts changes incompatibly.
constexpr uint32_t kAbi = 1;

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  nsp::AddonData::Create(env);
  nsp::AddonData::Of(env).server_class = Napi::Persistent(nsp::ServerObject::Define(env));
  exports.Set("abi", Napi::Number::New(env, kAbi));
  exports.Set("serve", Napi::Function::New<nsp::ServerObject::Serve>(env, "serve"));
  nsp::ExportCatalog(env, exports);
  nsp::ExportClient(env, exports);
  nsp::ExportFiles(env, exports);
  return exports;
}

NODE_API_MODULE(winsock_nsp, Init)

}  // namespace
