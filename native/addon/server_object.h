// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// NativeServer of lib/internal/native.ts.
#ifndef WINSOCK_NSP_ADDON_SERVER_OBJECT_H_
#define WINSOCK_NSP_ADDON_SERVER_OBJECT_H_

#include <napi.h>

#include <memory>

namespace nsp {

class Service;

// A handle on a Service: collecting it does not end the service.
class ServerObject : public Napi::ObjectWrap<ServerObject> {
 public:
  static Napi::Function Define(Napi::Env env);

  // serve(options, onEvent, onFrames)
  static Napi::Value Serve(const Napi::CallbackInfo& info);

  // Not for users: arguments as of Serve.
  explicit ServerObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value PipeName(const Napi::CallbackInfo& info);
  Napi::Value Epoch(const Napi::CallbackInfo& info);
  Napi::Value Answer(const Napi::CallbackInfo& info);
  void Change(const Napi::CallbackInfo& info);
  void Disconnect(const Napi::CallbackInfo& info);
  Napi::Value Stats(const Napi::CallbackInfo& info);
  void Ref(const Napi::CallbackInfo& info);
  void Unref(const Napi::CallbackInfo& info);
  void StopAccepting(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  // What is published (server_data.cc).
  void Reserve(const Napi::CallbackInfo& info);
  Napi::Value Publish(const Napi::CallbackInfo& info);
  Napi::Value Withdraw(const Napi::CallbackInfo& info);
  Napi::Value Owners(const Napi::CallbackInfo& info);
  Napi::Value Record(const Napi::CallbackInfo& info);
  Napi::Value Keys(const Napi::CallbackInfo& info);
  void PutAnswer(const Napi::CallbackInfo& info);
  Napi::Value Published(const Napi::CallbackInfo& info);

  std::shared_ptr<Service> service_;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_SERVER_OBJECT_H_
