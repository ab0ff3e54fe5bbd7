// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// `client` of lib/internal/native.ts: the module's side of winsock-nsp/client.
#ifndef WINSOCK_NSP_ADDON_JS_CLIENT_H_
#define WINSOCK_NSP_ADDON_JS_CLIENT_H_

#include <napi.h>

#include "client_query.h"

namespace nsp {

void ExportClient(Napi::Env env, Napi::Object exports);

// NativeSet and NativeClass (js_client_convert.cc).
[[nodiscard]] ClientSet ToClientSet(const Napi::Value& value);
[[nodiscard]] Napi::Object FromClientSet(Napi::Env env, const ClientSet& set);
[[nodiscard]] ClientClass ToClientClass(const Napi::Value& value);
[[nodiscard]] Napi::Object FromClientClass(Napi::Env env, const ClientClass& info);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_JS_CLIENT_H_
