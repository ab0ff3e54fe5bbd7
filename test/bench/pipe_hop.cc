// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The baseline "pipe + hop" as one operation: the server's end of a bare pipe in the host, whose
// thread makes a hop into an empty JavaScript function for each message before it answers.
#include "pipe_hop.h"

#include <memory>
#include <thread>

#include "bench.h"
#include "pipe_server.h"

namespace bench {
namespace {

struct Server {
  napi_threadsafe_function function = nullptr;
  Handle pipe;
  Handle answered{CreateEventW(nullptr, FALSE, FALSE, nullptr)};
  uint64_t in = 0;
  Bytes answer;

  // Waits for JavaScript.
  void Hop() {
    if (napi_call_threadsafe_function(function, this, napi_tsfn_blocking) != napi_ok) {
      throw Failure("the environment ends");
    }
    WaitForSingleObject(answered.get(), INFINITE);
  }
  void Run() {
    try {
      AnswerAll(pipe.get(), in, answer, [this] { Hop(); });
    } catch (const Failure&) {
      // The client sees the pipe break.
    }
    // The last use: the function's finalizer frees this.
    napi_release_threadsafe_function(function, napi_tsfn_release);
  }
};

void OnCall(napi_env env, napi_value function, void*, void* data) {
  if (env != nullptr) {
    napi_value undefined;
    napi_get_undefined(env, &undefined);
    napi_call_function(env, undefined, function, 0, nullptr, nullptr);
  }
  SetEvent(static_cast<Server*>(data)->answered.get());
}

void Free(napi_env, void* data, void*) {
  delete static_cast<Server*>(data);
}

std::wstring WideOf(napi_env env, napi_value value) {
  char16_t text[256] = {};
  size_t length = 0;
  napi_get_value_string_utf16(env, value, text, std::size(text), &length);
  return {text, text + length};
}

}  // namespace

napi_value PipeHop(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  size_t count = 4;
  uint32_t in = 0;
  uint32_t out = 0;
  napi_value name;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  napi_get_value_uint32(env, arguments[1], &in);
  napi_get_value_uint32(env, arguments[2], &out);
  auto server = std::make_unique<Server>();
  server->in = in;
  server->answer = Pattern(out, 2);
  try {
    server->pipe = MakePipe(WideOf(env, arguments[0]), 1);
  } catch (const Failure& failure) {
    napi_throw_error(env, nullptr, failure.what());
    return nullptr;
  }
  napi_create_string_utf8(env, "pipe-hop", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, arguments[3], nullptr, name, 0, 1, server.get(), Free,
                                  nullptr, OnCall, &server->function);
  napi_unref_threadsafe_function(env, server->function);
  std::thread([server = server.release()] { server->Run(); }).detach();
  return nullptr;
}

}  // namespace bench
