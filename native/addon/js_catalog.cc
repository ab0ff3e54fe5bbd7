// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See js_catalog.h.
#include "js_catalog.h"

#include "addon_data.h"
#include "catalog.h"
#include "catalog_watch.h"
#include "js_convert.h"
#include "js_error.h"
#include "text.h"

namespace nsp {
namespace {

// The first argument of every function here. Starts Winsock, which all of them need.
Catalog BeginCall(const Napi::CallbackInfo& info) {
  const std::wstring name = ToText(info[0], "catalog");
  if (name != L"native" && name != L"x86") {
    throw Napi::RangeError::New(info.Env(), "catalog must be 'native' or 'x86'");
  }
  AddonData::Of(info.Env()).StartWinsock(info.Env());
  return name == L"native" ? Catalog::kNative : Catalog::kX86;
}

Napi::Value List(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::vector<CatalogEntry> entries;
  ThrowIfFailed(env, ListCatalog(BeginCall(info), &entries));
  Napi::Array array = Napi::Array::New(env, entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const CatalogEntry& entry = entries[i];
    Napi::Object object = Napi::Object::New(env);
    object.Set("id", FromText(env, FormatGuid(entry.id)));
    object.Set("name", FromText(env, entry.name));
    object.Set("namespace", Napi::Number::New(env, entry.name_space));
    object.Set("version", Napi::Number::New(env, entry.version));
    object.Set("enabled", Napi::Boolean::New(env, entry.enabled));
    object.Set("path", FromText(env, entry.path));
    array.Set(static_cast<uint32_t>(i), object);
  }
  return array;
}

void Install(const Napi::CallbackInfo& info) {
  const Catalog catalog = BeginCall(info);
  const Napi::Object object = ToObject(info[1], "entry");
  CatalogEntry entry;
  entry.id = ToGuid(object.Get("id"), "id");
  entry.name = ToText(object.Get("name"), "name");
  entry.name_space = ToUint32(object.Get("namespace"), "namespace");
  entry.version = ToUint32(object.Get("version"), "version");
  entry.path = ToText(object.Get("path"), "path");
  ThrowIfFailed(info.Env(), InstallEntry(catalog, entry));
}

void Uninstall(const Napi::CallbackInfo& info) {
  const Catalog catalog = BeginCall(info);
  ThrowIfFailed(info.Env(), UninstallEntry(catalog, ToGuid(info[1], "id")));
}

void Enable(const Napi::CallbackInfo& info) {
  const Catalog catalog = BeginCall(info);
  const GUID id = ToGuid(info[1], "id");
  ThrowIfFailed(info.Env(), EnableEntry(catalog, id, ToBool(info[2], "enabled")));
}

void Order(const Napi::CallbackInfo& info) {
  const Catalog catalog = BeginCall(info);
  const Napi::Array array = ToArray(info[1], "ids");
  std::vector<GUID> ids;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    ids.push_back(ToGuid(array.Get(i), "id"));
  }
  ThrowIfFailed(info.Env(), OrderCatalog(catalog, std::move(ids)));
}

// catalogWatch(onChange): { close() }
Napi::Value Watch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Function on_change = ToFunction(info[0], "onChange");
  AddonData::Of(env).StartWinsock(env);
  const auto watch = std::make_shared<CatalogWatch>();
  ThrowIfFailed(env, watch->Open(env, on_change));
  AddonData::Of(env).Add(watch);
  Napi::Object object = Napi::Object::New(env);
  const auto close = [watch](const Napi::CallbackInfo& call) {
    AddonData::Of(call.Env()).Close(watch);
  };
  object.Set("close", Napi::Function::New(env, close, "close"));
  return object;
}

}  // namespace

void ExportCatalog(Napi::Env env, Napi::Object exports) {
  exports.Set("catalogList", Napi::Function::New<List>(env, "catalogList"));
  exports.Set("catalogInstall", Napi::Function::New<Install>(env, "catalogInstall"));
  exports.Set("catalogUninstall", Napi::Function::New<Uninstall>(env, "catalogUninstall"));
  exports.Set("catalogEnable", Napi::Function::New<Enable>(env, "catalogEnable"));
  exports.Set("catalogOrder", Napi::Function::New<Order>(env, "catalogOrder"));
  exports.Set("catalogWatch", Napi::Function::New<Watch>(env, "catalogWatch"));
}

}  // namespace nsp
