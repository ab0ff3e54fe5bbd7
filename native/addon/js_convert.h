// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Values of lib/internal/native.ts in both directions. The library has validated what it passes on;
// here only types and bounds are checked, so that nothing wrong reaches memory. Wrong values throw
// TypeError or RangeError.
#ifndef WINSOCK_NSP_ADDON_JS_CONVERT_H_
#define WINSOCK_NSP_ADDON_JS_CONVERT_H_

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "control_file.h"
#include "event.h"
#include "windows_headers.h"

namespace nsp {

[[nodiscard]] uint32_t ToUint32(const Napi::Value& value, const char* what);
[[nodiscard]] bool ToBool(const Napi::Value& value, const char* what);
[[nodiscard]] std::wstring ToText(const Napi::Value& value, const char* what);
[[nodiscard]] GUID ToGuid(const Napi::Value& value, const char* what);
[[nodiscard]] Napi::Object ToObject(const Napi::Value& value, const char* what);
[[nodiscard]] Napi::Array ToArray(const Napi::Value& value, const char* what);
[[nodiscard]] Napi::Function ToFunction(const Napi::Value& value, const char* what);
[[nodiscard]] Napi::Uint8Array ToBytes(const Napi::Value& value, const char* what);

[[nodiscard]] Napi::String FromText(Napi::Env env, const std::wstring& text);
// undefined for an empty text.
[[nodiscard]] Napi::Value FromOptionalText(Napi::Env env, const std::wstring& text);
// A copy of its own.
[[nodiscard]] Napi::Uint8Array FromBytes(Napi::Env env, const void* data, size_t bytes);

// NativeFilter (js_filter.cc).
void ToFilter(const Napi::Object& object, ControlFilter* filter);

// NativeEvent (js_event.cc).
[[nodiscard]] Napi::Object FromEvent(Napi::Env env, const Event& event);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_JS_CONVERT_H_
