// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// NativeFilter to ControlFilter, within the limits of the control file.
#include <cstring>
#include <iterator>

#include "js_convert.h"

namespace nsp {
namespace {

// The elements of a list that the filter has room for.
template <typename Item, size_t kRoom, typename Convert>
uint32_t Fill(const Napi::Value& list, const char* what, Item (&items)[kRoom], Convert convert) {
  const Napi::Array array = ToArray(list, what);
  if (array.Length() > kRoom) {
    throw Napi::RangeError::New(list.Env(), std::string(what) + " has too many elements");
  }
  for (uint32_t i = 0; i < array.Length(); ++i) {
    convert(array.Get(i), &items[i]);
  }
  return array.Length();
}

uint16_t ToMask(const Napi::Value& value) {
  const uint32_t mask = ToUint32(value, "entries");
  if (mask > UINT16_MAX) throw Napi::RangeError::New(value.Env(), "entries is a mask of 16 bits");
  return static_cast<uint16_t>(mask);
}

void ToId(const Napi::Value& value, uint8_t (&id)[16]) {
  const GUID guid = ToGuid(value, "id");
  std::memcpy(id, &guid, sizeof(id));
}

void ToPattern(const Napi::Value& value, ControlFilter* filter, ControlPattern* pattern) {
  const Napi::Object object = ToObject(value, "pattern");
  const uint32_t kind = ToUint32(object.Get("kind"), "kind");
  const std::wstring text = ToText(object.Get("text"), "text");
  if (kind > kPatternAll || text.size() > kPatternPoolChars - filter->pool_chars) {
    throw Napi::RangeError::New(value.Env(), "the patterns do not fit into the control file");
  }
  pattern->kind = static_cast<uint16_t>(kind);
  pattern->entries = ToMask(object.Get("entries"));
  pattern->offset = static_cast<uint16_t>(filter->pool_chars);
  pattern->length = static_cast<uint16_t>(text.size());
  for (const wchar_t unit : text) {
    filter->pool[filter->pool_chars++] = static_cast<uint16_t>(unit);
  }
}

void ToBlock(const Napi::Value& value, ControlBlock* block) {
  const Napi::Object object = ToObject(value, "block");
  const Napi::Uint8Array address = ToBytes(object.Get("address"), "address");
  const uint32_t family = ToUint32(object.Get("family"), "family");
  const uint32_t prefix = ToUint32(object.Get("prefix"), "prefix");
  const size_t bytes = family == 4 ? 4 : 16;
  if ((family != 4 && family != 6) || address.ByteLength() != bytes || prefix > bytes * 8) {
    throw Napi::RangeError::New(value.Env(), "block is no address block");
  }
  std::memcpy(block->address, address.Data(), bytes);
  block->family = static_cast<uint8_t>(family);
  block->prefix = static_cast<uint8_t>(prefix);
  block->entries = ToMask(object.Get("entries"));
}

void ToRevision(const Napi::Value& value, uint8_t (&revision)[32]) {
  if (value.IsUndefined()) return;
  const Napi::Uint8Array bytes = ToBytes(value, "revision");
  if (bytes.ByteLength() != sizeof(revision)) {
    throw Napi::RangeError::New(value.Env(), "revision must have 32 bytes");
  }
  std::memcpy(revision, bytes.Data(), sizeof(revision));
}

}  // namespace

void ToFilter(const Napi::Object& object, ControlFilter* filter) {
  const auto number = [&](const char* name) { return ToUint32(object.Get(name), name); };
  filter->entry_count = Fill(object.Get("entries"), "entries", filter->entries,
                             [](const Napi::Value& value, ControlEntry* entry) {
                               const Napi::Object from = ToObject(value, "entry");
                               ToId(from.Get("id"), entry->id);
                               entry->name_space = ToUint32(from.Get("namespace"), "namespace");
                               entry->flags = ToUint32(from.Get("flags"), "flags");
                             });
  filter->pattern_count = Fill(object.Get("patterns"), "patterns", filter->patterns,
                               [&](const Napi::Value& value, ControlPattern* pattern) {
                                 ToPattern(value, filter, pattern);
                               });
  filter->block_count = Fill(object.Get("blocks"), "blocks", filter->blocks, ToBlock);
  filter->class_count = Fill(object.Get("classes"), "classes", filter->classes,
                             [](const Napi::Value& value, ControlClass* service_class) {
                               const Napi::Object from = ToObject(value, "class");
                               ToId(from.Get("id"), service_class->id);
                               service_class->entries = ToMask(from.Get("entries"));
                             });
  filter->code_count =
      Fill(object.Get("codes"), "codes", filter->codes,
           [](const Napi::Value& value, uint32_t* code) { *code = ToUint32(value, "code"); });
  if (filter->entry_count == 0) {
    throw Napi::RangeError::New(object.Env(), "entries must not be empty");
  }
  filter->host_flags = number("hostFlags");
  filter->grace_ms = number("graceMs");
  filter->lookup_deadline_ms = number("lookupDeadlineMs");
  filter->ioctl_deadline_ms = number("ioctlDeadlineMs");
  filter->register_deadline_ms = number("registerDeadlineMs");
  filter->breaker_failures = number("breakerFailures");
  filter->breaker_probe_ms = number("breakerProbeMs");
  filter->host_wait_limit = number("hostWaitLimit");
  ToRevision(object.Get("revision"), filter->revision);
}

}  // namespace nsp
