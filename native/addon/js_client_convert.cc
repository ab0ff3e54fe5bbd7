// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Query sets and service classes of the client as JavaScript values.
#include "js_client.h"
#include "js_convert.h"
#include "text.h"

namespace nsp {
namespace {

std::vector<uint8_t> CopyBytes(const Napi::Value& value, const char* what) {
  const Napi::Uint8Array bytes = ToBytes(value, what);
  return {bytes.Data(), bytes.Data() + bytes.ByteLength()};
}

std::optional<std::wstring> OptionalText(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (value.IsUndefined()) return std::nullopt;
  return ToText(value, key);
}

std::optional<GUID> OptionalGuid(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (value.IsUndefined()) return std::nullopt;
  return ToGuid(value, key);
}

int ToInt(const Napi::Value& value, const char* what) {
  return static_cast<int>(ToUint32(value, what));
}

Napi::Value FromOptional(Napi::Env env, const std::optional<std::wstring>& text) {
  if (!text) return env.Undefined();
  return FromText(env, *text);
}

Napi::Value FromOptional(Napi::Env env, const std::optional<GUID>& guid) {
  if (!guid) return env.Undefined();
  return FromText(env, FormatGuid(*guid));
}

Napi::Uint8Array FromVector(Napi::Env env, const std::vector<uint8_t>& bytes) {
  return FromBytes(env, bytes.data(), bytes.size());
}

Napi::Array FromAddresses(Napi::Env env, const std::vector<ClientAddress>& addresses) {
  Napi::Array array = Napi::Array::New(env, addresses.size());
  for (size_t i = 0; i < addresses.size(); ++i) {
    const ClientAddress& address = addresses[i];
    Napi::Object object = Napi::Object::New(env);
    object.Set("socketType", Napi::Number::New(env, address.socket_type));
    object.Set("protocol", Napi::Number::New(env, address.protocol));
    object.Set("local", FromVector(env, address.local));
    object.Set("remote", FromVector(env, address.remote));
    array.Set(static_cast<uint32_t>(i), object);
  }
  return array;
}

}  // namespace

ClientSet ToClientSet(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "query");
  ClientSet set;
  set.name = OptionalText(object, "name");
  set.comment = OptionalText(object, "comment");
  set.context = OptionalText(object, "context");
  set.query_string = OptionalText(object, "queryString");
  set.service_class = OptionalGuid(object, "serviceClass");
  set.provider = OptionalGuid(object, "providerId");
  set.name_space = ToUint32(object.Get("namespace"), "namespace");
  const Napi::Value version = object.Get("version");
  if (!version.IsUndefined()) set.version = ToUint32(version, "version");
  const Napi::Value blob = object.Get("blob");
  if (!blob.IsUndefined()) set.blob = CopyBytes(blob, "blob");
  const Napi::Array addresses = ToArray(object.Get("addresses"), "addresses");
  for (uint32_t i = 0; i < addresses.Length(); ++i) {
    const Napi::Object address = ToObject(addresses.Get(i), "address");
    set.addresses.push_back(
        {ToInt(address.Get("socketType"), "socketType"), ToInt(address.Get("protocol"), "protocol"),
         CopyBytes(address.Get("local"), "local"), CopyBytes(address.Get("remote"), "remote")});
  }
  return set;
}

Napi::Object FromClientSet(Napi::Env env, const ClientSet& set) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", FromOptional(env, set.name));
  object.Set("comment", FromOptional(env, set.comment));
  object.Set("context", FromOptional(env, set.context));
  object.Set("queryString", FromOptional(env, set.query_string));
  object.Set("serviceClass", FromOptional(env, set.service_class));
  object.Set("providerId", FromOptional(env, set.provider));
  object.Set("namespace", Napi::Number::New(env, set.name_space));
  object.Set("flags", Napi::Number::New(env, set.flags));
  object.Set("version", set.version ? Napi::Number::New(env, *set.version) : env.Undefined());
  object.Set("blob", set.blob ? FromVector(env, *set.blob) : env.Undefined());
  object.Set("addresses", FromAddresses(env, set.addresses));
  return object;
}

ClientClass ToClientClass(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "class");
  ClientClass info;
  info.id = ToGuid(object.Get("id"), "id");
  info.name = ToText(object.Get("name"), "name");
  const Napi::Array properties = ToArray(object.Get("properties"), "properties");
  for (uint32_t i = 0; i < properties.Length(); ++i) {
    const Napi::Object property = ToObject(properties.Get(i), "property");
    info.properties.push_back(
        {ToText(property.Get("name"), "name"), ToUint32(property.Get("namespace"), "namespace"),
         ToUint32(property.Get("type"), "type"), CopyBytes(property.Get("value"), "value")});
  }
  return info;
}

Napi::Object FromClientClass(Napi::Env env, const ClientClass& info) {
  Napi::Object object = Napi::Object::New(env);
  Napi::Array properties = Napi::Array::New(env, info.properties.size());
  for (size_t i = 0; i < info.properties.size(); ++i) {
    const ClientClass::Property& property = info.properties[i];
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", FromText(env, property.name));
    entry.Set("namespace", Napi::Number::New(env, property.name_space));
    entry.Set("type", Napi::Number::New(env, property.type));
    entry.Set("value", FromVector(env, property.value));
    properties.Set(static_cast<uint32_t>(i), entry);
  }
  object.Set("id", FromText(env, FormatGuid(info.id)));
  object.Set("name", FromText(env, info.name));
  object.Set("properties", properties);
  return object;
}

}  // namespace nsp
