// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// How failures reach JavaScript: as NativeFailure of lib/internal/native.ts.
#ifndef WINSOCK_NSP_ADDON_JS_ERROR_H_
#define WINSOCK_NSP_ADDON_JS_ERROR_H_

#include <napi.h>

#include "status.h"

namespace nsp {

// An Error with `errno` and `syscall`; the caller adds what else it knows and throws it.
[[nodiscard]] Napi::Error MakeFailure(Napi::Env env, const Status& status);

void ThrowIfFailed(Napi::Env env, const Status& status);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_JS_ERROR_H_
