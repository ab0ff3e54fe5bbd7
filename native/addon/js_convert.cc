// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See js_convert.h.
#include "js_convert.h"

#include <cstring>

#include "text.h"

namespace nsp {
namespace {

[[noreturn]] void ThrowType(Napi::Env env, const char* what, const char* wanted) {
  throw Napi::TypeError::New(env, std::string(what) + " must be " + wanted);
}

}  // namespace

uint32_t ToUint32(const Napi::Value& value, const char* what) {
  if (!value.IsNumber()) ThrowType(value.Env(), what, "a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  const auto whole = number >= 0 && number <= UINT32_MAX ? static_cast<uint32_t>(number) : 0u;
  if (static_cast<double>(whole) != number) {
    throw Napi::RangeError::New(value.Env(), std::string(what) + " must be an unsigned integer");
  }
  return whole;
}

bool ToBool(const Napi::Value& value, const char* what) {
  if (!value.IsBoolean()) ThrowType(value.Env(), what, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

std::wstring ToText(const Napi::Value& value, const char* what) {
  if (!value.IsString()) ThrowType(value.Env(), what, "a string");
  const std::u16string text = value.As<Napi::String>().Utf16Value();
  // Windows would take the rest after a zero for absent.
  if (text.find(u'\0') != std::u16string::npos) ThrowType(value.Env(), what, "free of zeros");
  return std::wstring(text.begin(), text.end());
}

GUID ToGuid(const Napi::Value& value, const char* what) {
  GUID guid = {};
  if (!ParseGuid(ToText(value, what), &guid)) ThrowType(value.Env(), what, "a GUID");
  return guid;
}

Napi::Object ToObject(const Napi::Value& value, const char* what) {
  if (!value.IsObject()) ThrowType(value.Env(), what, "an object");
  return value.As<Napi::Object>();
}

Napi::Array ToArray(const Napi::Value& value, const char* what) {
  if (!value.IsArray()) ThrowType(value.Env(), what, "an array");
  return value.As<Napi::Array>();
}

Napi::Function ToFunction(const Napi::Value& value, const char* what) {
  if (!value.IsFunction()) ThrowType(value.Env(), what, "a function");
  return value.As<Napi::Function>();
}

Napi::Uint8Array ToBytes(const Napi::Value& value, const char* what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    ThrowType(value.Env(), what, "a Uint8Array");
  }
  return value.As<Napi::Uint8Array>();
}

Napi::String FromText(Napi::Env env, const std::wstring& text) {
  return Napi::String::New(env, std::u16string(text.begin(), text.end()));
}

Napi::Value FromOptionalText(Napi::Env env, const std::wstring& text) {
  if (text.empty()) return env.Undefined();
  return FromText(env, text);
}

Napi::Uint8Array FromBytes(Napi::Env env, const void* data, size_t bytes) {
  Napi::Uint8Array array = Napi::Uint8Array::New(env, bytes);
  if (bytes != 0) std::memcpy(array.Data(), data, bytes);
  return array;
}

}  // namespace nsp
