// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The baseline "hop": threadsafe-function round trips from a native thread into an empty JavaScript
// function and back. Also counts what the library's own addon calls, in the same process.
#include <node_api.h>

#include <windows.h>

#include "import_counter.h"
#include "pipe_hop.h"

namespace {

struct Run {
  napi_threadsafe_function function = nullptr;
  napi_deferred deferred = nullptr;
  HANDLE answered = nullptr;
  HANDLE thread = nullptr;
  uint32_t times = 0;
  double microseconds = 0;
  bool done = false;
};

double NowUs() {
  LARGE_INTEGER frequency, now;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&now);
  return static_cast<double>(now.QuadPart) * 1e6 / static_cast<double>(frequency.QuadPart);
}

DWORD WINAPI Thread(void* data) {
  auto* const run = static_cast<Run*>(data);
  const double from = NowUs();
  for (uint32_t i = 0; i < run->times; ++i) {
    napi_call_threadsafe_function(run->function, run, napi_tsfn_blocking);
    WaitForSingleObject(run->answered, INFINITE);
  }
  run->microseconds = (NowUs() - from) / run->times;
  run->done = true;
  napi_call_threadsafe_function(run->function, run, napi_tsfn_blocking);
  return 0;
}

void Settle(napi_env env, Run* run) {
  napi_value value;
  napi_create_double(env, run->microseconds, &value);
  napi_resolve_deferred(env, run->deferred, value);
  napi_release_threadsafe_function(run->function, napi_tsfn_release);
  WaitForSingleObject(run->thread, INFINITE);
  CloseHandle(run->thread);
  CloseHandle(run->answered);
  delete run;
}

void OnCall(napi_env env, napi_value function, void*, void* data) {
  auto* const run = static_cast<Run*>(data);
  if (env == nullptr) return;
  if (run->done) return Settle(env, run);
  napi_value undefined;
  napi_get_undefined(env, &undefined);
  napi_call_function(env, undefined, function, 0, nullptr, nullptr);
  SetEvent(run->answered);
}

// hop(times, function): a promise of the microseconds a round trip.
napi_value Hop(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  auto* const run = new Run;
  napi_get_value_uint32(env, arguments[0], &run->times);
  napi_value name, promise;
  napi_create_string_utf8(env, "hop", NAPI_AUTO_LENGTH, &name);
  napi_create_promise(env, &run->deferred, &promise);
  napi_create_threadsafe_function(env, arguments[1], nullptr, name, 0, 1, nullptr, nullptr, nullptr,
                                  OnCall, &run->function);
  run->answered = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  run->thread = CreateThread(nullptr, 0, Thread, run, 0, nullptr);
  return promise;
}

// countImports(module name): whether they are counted from now on.
napi_value CountImports(napi_env env, napi_callback_info info) {
  napi_value argument, answer;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  char name[MAX_PATH] = {};
  napi_get_value_string_utf8(env, argument, name, sizeof name, nullptr);
  napi_get_boolean(env, bench::CountImports(GetModuleHandleA(name)), &answer);
  return answer;
}

napi_value Counts(napi_env env, napi_callback_info) {
  napi_value object;
  napi_create_object(env, &object);
  for (const auto& [name, count] : bench::ImportCounts()) {
    napi_value value;
    napi_create_double(env, static_cast<double>(count), &value);
    napi_set_named_property(env, object, name.c_str(), value);
  }
  return object;
}

napi_value HandleCount(napi_env env, napi_callback_info) {
  DWORD handles = 0;
  GetProcessHandleCount(GetCurrentProcess(), &handles);
  napi_value value;
  napi_create_uint32(env, handles, &value);
  return value;
}

void Export(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

NAPI_MODULE_INIT() {
  Export(env, exports, "hop", Hop);
  Export(env, exports, "pipeHop", bench::PipeHop);
  Export(env, exports, "countImports", CountImports);
  Export(env, exports, "counts", Counts);
  Export(env, exports, "handles", HandleCount);
  return exports;
}
