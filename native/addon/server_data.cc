// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The part of NativeServer that publishes. Many records go through one call, packed: a call for
// each of a million names would take longer than writing them.
#include <algorithm>
#include <vector>

#include "data_store.h"
#include "js_convert.h"
#include "js_error.h"
#include "pipe_server.h"
#include "server_object.h"
#include "service.h"

namespace nsp {
namespace {

Bytes ToView(const Napi::Uint8Array& array) {
  return {array.Data(), static_cast<uint32_t>(array.ByteLength())};
}

[[noreturn]] void ThrowMalformed(Napi::Env env) {
  throw Napi::RangeError::New(env, "the packed records are malformed");
}

// A name's key as it is packed: its bytes, then UTF-16.
Bytes TakeKey(Napi::Env env, Bytes* rest) {
  uint32_t size = 0;
  Bytes key;
  if (!TakeValue(rest, &size) || !TextSizeAllowed(size) || !TakeBytes(rest, size, &key)) {
    ThrowMalformed(env);
  }
  return key;
}

// Calls `take(rest)`, which says whether something changed, until nothing is left; the numbers of
// what has changed.
template <typename Take>
Napi::Value Changed(Napi::Env env, Bytes rest, Take take) {
  std::vector<uint32_t> changed;
  for (uint32_t at = 0; rest.size != 0; ++at) {
    if (take(&rest)) changed.push_back(at);
  }
  auto array = Napi::Uint32Array::New(env, changed.size());
  std::copy(changed.begin(), changed.end(), array.Data());
  return array;
}

}  // namespace

void ServerObject::Reserve(const Napi::CallbackInfo& info) {
  const int64_t bytes = info[0].As<Napi::Number>().Int64Value();
  if (bytes < 0) throw Napi::RangeError::New(info.Env(), "bytes is negative");
  ThrowIfFailed(info.Env(), service_->server().data().Reserve(static_cast<uint64_t>(bytes)));
}

Napi::Value ServerObject::Publish(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const uint32_t owner = ToUint32(info[0], "owner");
  DataStore& data = service_->server().data();
  return Changed(env, ToView(ToBytes(info[1], "records")), [&](Bytes* rest) {
    const Bytes key = TakeKey(env, rest);
    uint32_t count = 0;
    uint32_t size = 0;
    Bytes blocks;
    if (!TakeValue(rest, &count) || !TakeValue(rest, &size) || count == 0 || size % 4 != 0 ||
        !TakeBytes(rest, size, &blocks)) {
      ThrowMalformed(env);
    }
    bool changed = false;
    ThrowIfFailed(env, data.PutName(owner, key, count, blocks, &changed));
    return changed;
  });
}

Napi::Value ServerObject::Withdraw(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  DataStore& data = service_->server().data();
  return Changed(env, ToView(ToBytes(info[0], "keys")), [&](Bytes* rest) {
    bool removed = false;
    ThrowIfFailed(env, data.RemoveName(TakeKey(env, rest), &removed));
    return removed;
  });
}

Napi::Value ServerObject::Owners(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const DataStore& data = service_->server().data();
  std::vector<uint32_t> owners;
  for (Bytes rest = ToView(ToBytes(info[0], "keys")); rest.size != 0;) {
    owners.push_back(data.OwnerOf(TakeKey(env, &rest)));
  }
  auto array = Napi::Uint32Array::New(env, owners.size());
  std::copy(owners.begin(), owners.end(), array.Data());
  return array;
}

Napi::Value ServerObject::Record(const Napi::CallbackInfo& info) {
  const Napi::Uint8Array key = ToBytes(info[0], "key");
  DataRecordView view;
  if (!service_->server().data().Read(ToView(key), &view)) return info.Env().Undefined();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("count", Napi::Number::New(info.Env(), view.head.count));
  object.Set("blocks", FromBytes(info.Env(), view.blocks.data, view.blocks.size));
  return object;
}

Napi::Value ServerObject::Keys(const Napi::CallbackInfo& info) {
  const uint32_t owner = info[0].IsUndefined() ? DataStore::kNobody : ToUint32(info[0], "owner");
  std::vector<uint8_t> packed;
  service_->server().data().ForEachKey(owner, [&](const Bytes& key) {
    const size_t before = packed.size();
    packed.resize(before + sizeof(key.size) + Pad4(key.size));
    uint8_t* at = packed.data() + before;
    PutSized(&at, key);
  });
  return FromBytes(info.Env(), packed.data(), packed.size());
}

void ServerObject::PutAnswer(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object answer = ToObject(info[0], "answer");
  const auto number = [&](const char* name) { return ToUint32(answer.Get(name), name); };
  const Napi::Uint8Array query = ToBytes(answer.Get("query"), "query");
  const Napi::Uint8Array blocks = ToBytes(answer.Get("blocks"), "blocks");
  const Napi::Array indices = ToArray(answer.Get("counters"), "counters");
  std::vector<uint32_t> counters;
  for (uint32_t i = 0; i < indices.Length(); ++i) {
    counters.push_back(ToUint32(indices.Get(i), "counter"));
    if (counters.back() >= kCounterCount) throw Napi::RangeError::New(env, "no such counter");
  }
  if (query.ByteLength() % 4 != 0 || blocks.ByteLength() % 4 != 0) ThrowMalformed(env);
  NewDataRecord record;
  record.key = ToView(query);
  record.blocks = ToView(blocks);
  record.status = number("status");
  record.count = number("count");
  record.ttl_ms = number("ttlMs");
  ThrowIfFailed(env, service_->server().data().PutAnswer(record, counters));
}

Napi::Value ServerObject::Published(const Napi::CallbackInfo& info) {
  DataStore& data = service_->server().data();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("names", Napi::Number::New(info.Env(), static_cast<double>(data.names())));
  object.Set("answers", Napi::Number::New(info.Env(), static_cast<double>(data.CountAnswers())));
  return object;
}

}  // namespace nsp
