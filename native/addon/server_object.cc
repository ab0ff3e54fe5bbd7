// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See server_object.h.
#include "server_object.h"

#include <cstring>

#include "addon_data.h"
#include "js_convert.h"
#include "service.h"

namespace nsp {
namespace {

// Any number that nobody else uses: objects of this kind carry it.
constexpr napi_type_tag kTypeTag = {0x8f6c1d105b1e4c53, 0x9a524e5350535256};

std::unique_ptr<ServerOptions> ToOptions(const Napi::Object& object) {
  auto options = std::make_unique<ServerOptions>();
  const auto number = [&](const char* name) { return ToUint32(object.Get(name), name); };
  options->control_path = ToText(object.Get("controlPath"), "controlPath");
  options->pipe_sddl = ToText(object.Get("pipeSddl"), "pipeSddl");
  options->max_clients = number("maxClients");
  options->max_calls_per_client = number("maxCallsPerClient");
  options->on_failure = number("onFailure");
  ToFilter(ToObject(object.Get("filter"), "filter"), &options->filter);
  return options;
}

// What JavaScript may send: the answer to a call.
FrameHeader ToAnswerHeader(const Napi::CallbackInfo& info) {
  const uint32_t kind = ToUint32(info[1], "kind");
  const uint32_t flags = ToUint32(info[2], "flags");
  if ((kind != kFrameBatch && kind != kFrameReply) ||
      (flags & ~(kind == kFrameBatch ? kFrameLastBatch : 0u)) != 0) {
    throw Napi::RangeError::New(info.Env(), "kind or flags are not those of an answer");
  }
  return {0, static_cast<uint16_t>(kind), static_cast<uint16_t>(flags), ToUint32(info[3], "call"),
          ToUint32(info[4], "lookup")};
}

}  // namespace

Napi::Function ServerObject::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeServer",
      {InstanceAccessor<&ServerObject::PipeName>("pipeName", napi_enumerable),
       InstanceAccessor<&ServerObject::Epoch>("epoch", napi_enumerable),
       InstanceMethod<&ServerObject::Answer>("answer"),
       InstanceMethod<&ServerObject::Change>("change"),
       InstanceMethod<&ServerObject::Disconnect>("disconnect"),
       InstanceMethod<&ServerObject::Stats>("stats"), InstanceMethod<&ServerObject::Ref>("ref"),
       InstanceMethod<&ServerObject::Unref>("unref"),
       InstanceMethod<&ServerObject::StopAccepting>("stopAccepting"),
       InstanceMethod<&ServerObject::Close>("close"),
       InstanceMethod<&ServerObject::Reserve>("reserve"),
       InstanceMethod<&ServerObject::Publish>("publish"),
       InstanceMethod<&ServerObject::Withdraw>("withdraw"),
       InstanceMethod<&ServerObject::Owners>("owners"),
       InstanceMethod<&ServerObject::Record>("record"), InstanceMethod<&ServerObject::Keys>("keys"),
       InstanceMethod<&ServerObject::PutAnswer>("putAnswer"),
       InstanceMethod<&ServerObject::Published>("published")});
}

Napi::Value ServerObject::Serve(const Napi::CallbackInfo& info) {
  return AddonData::Of(info.Env()).server_class.New({info[0], info[1], info[2]});
}

ServerObject::ServerObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ServerObject>(info), service_(std::make_shared<Service>()) {
  const Napi::Env env = info.Env();
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
  auto options = ToOptions(ToObject(info[0], "options"));
  service_->Start(env, std::move(options), ToFunction(info[1], "onEvent"),
                  ToFunction(info[2], "onFrames"));
}

Napi::Value ServerObject::PipeName(const Napi::CallbackInfo& info) {
  return FromText(info.Env(), service_->server().pipe_name());
}

Napi::Value ServerObject::Epoch(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), service_->server().epoch());
}

Napi::Value ServerObject::Answer(const Napi::CallbackInfo& info) {
  const uint32_t client = ToUint32(info[0], "client");
  const FrameHeader header = ToAnswerHeader(info);
  const Napi::Uint8Array body = ToBytes(info[5], "body");
  if (body.ByteLength() > kMaxFrameBytes - sizeof(FrameHeader)) {
    throw Napi::RangeError::New(info.Env(), "body does not fit into a frame");
  }
  return Napi::Boolean::New(
      info.Env(), service_->server().Answer(client, header, body.Data(), body.ByteLength()));
}

void ServerObject::Change(const Napi::CallbackInfo& info) {
  const Napi::Array array = ToArray(info[0], "indices");
  std::vector<uint32_t> indices;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const uint32_t index = ToUint32(array.Get(i), "index");
    if (index >= kCounterCount) throw Napi::RangeError::New(info.Env(), "index is no counter");
    indices.push_back(index);
  }
  service_->server().Change(indices);
}

void ServerObject::Disconnect(const Napi::CallbackInfo& info) {
  service_->server().Disconnect(ToUint32(info[0], "client"));
}

Napi::Value ServerObject::Stats(const Napi::CallbackInfo& info) {
  const ServerStats stats = service_->server().Stats();
  Napi::Object object = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, auto value) {
    object.Set(name, Napi::Number::New(info.Env(), static_cast<double>(value)));
  };
  set("clients", stats.clients);
  set("calls", stats.calls);
  set("subscriptions", stats.subscriptions);
  set("framesIn", stats.frames_in);
  set("framesOut", stats.frames_out);
  set("refusedClients", stats.refused_clients);
  set("rejectedFrames", stats.rejected_frames);
  set("breakerOpenings", stats.breaker_openings);
  set("late", stats.late);
  return object;
}

void ServerObject::Ref(const Napi::CallbackInfo& info) {
  service_->Ref(info.Env());
}

void ServerObject::Unref(const Napi::CallbackInfo& info) {
  service_->Unref(info.Env());
}

void ServerObject::StopAccepting(const Napi::CallbackInfo&) {
  service_->server().StopAccepting();
}

Napi::Value ServerObject::Close(const Napi::CallbackInfo& info) {
  return service_->Close(info.Env());
}

}  // namespace nsp
