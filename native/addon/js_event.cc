// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Event to NativeEvent.
#include "js_convert.h"

namespace nsp {
namespace {

const char* NameType(Event::Type type) {
  switch (type) {
    case Event::Type::kConnect:
      return "connect";
    case Event::Type::kDisconnect:
      return "disconnect";
    case Event::Type::kLate:
      return "late";
    case Event::Type::kRetired:
      break;
  }
  return "retired";
}

const char* NameReason(CloseReason reason) {
  switch (reason) {
    case CloseReason::kClosed:
      return "closed";
    case CloseReason::kKilled:
      return "killed";
    case CloseReason::kRefused:
      return "refused";
    case CloseReason::kProtocol:
      break;
  }
  return "protocol";
}

Napi::Object FromIdentity(Napi::Env env, const ClientIdentity& identity) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("processId", Napi::Number::New(env, identity.process_id));
  object.Set("imagePath", FromOptionalText(env, identity.image_path));
  object.Set("architecture", identity.architecture);
  object.Set("sessionId", Napi::Number::New(env, identity.session_id));
  object.Set("userSid", FromText(env, identity.user_sid));
  object.Set("integrity", identity.integrity);
  object.Set("elevated", Napi::Boolean::New(env, identity.elevated));
  object.Set("appContainerSid", FromOptionalText(env, identity.app_container_sid));
  return object;
}

}  // namespace

Napi::Object FromEvent(Napi::Env env, const Event& event) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("type", NameType(event.type));
  if (event.type == Event::Type::kRetired) return object;
  object.Set("client", Napi::Number::New(env, event.client));
  switch (event.type) {
    case Event::Type::kConnect:
      object.Set("identity", FromIdentity(env, event.identity));
      break;
    case Event::Type::kDisconnect:
      object.Set("reason", NameReason(event.reason));
      break;
    case Event::Type::kLate:
      object.Set("call", Napi::Number::New(env, event.call));
      break;
    case Event::Type::kRetired:
      break;
  }
  return object;
}

}  // namespace nsp
