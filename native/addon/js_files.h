// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The exports that call security.h, files.h, control_lease.h and sidecar_codec.h.
#ifndef WINSOCK_NSP_ADDON_JS_FILES_H_
#define WINSOCK_NSP_ADDON_JS_FILES_H_

#include <napi.h>

namespace nsp {

void ExportFiles(Napi::Env env, Napi::Object exports);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_JS_FILES_H_
