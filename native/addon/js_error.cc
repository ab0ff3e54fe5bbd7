// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See js_error.h.
#include "js_error.h"

#include <string>

namespace nsp {

Napi::Error MakeFailure(Napi::Env env, const Status& status) {
  Napi::Error error = Napi::Error::New(
      env, std::string(status.operation) + " failed with " + std::to_string(status.code));
  error.Set("errno", Napi::Number::New(env, status.code));
  error.Set("syscall", Napi::String::New(env, status.operation));
  return error;
}

void ThrowIfFailed(Napi::Env env, const Status& status) {
  if (!status.ok()) throw MakeFailure(env, status);
}

}  // namespace nsp
