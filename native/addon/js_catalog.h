// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The exports that call catalog.h.
#ifndef WINSOCK_NSP_ADDON_JS_CATALOG_H_
#define WINSOCK_NSP_ADDON_JS_CATALOG_H_

#include <napi.h>

namespace nsp {

void ExportCatalog(Napi::Env env, Napi::Object exports);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_JS_CATALOG_H_
