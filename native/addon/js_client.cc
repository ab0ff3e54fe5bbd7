// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See js_client.h. Each function checks its arguments, gives the call to the pool and returns a
// promise, which the environment's queue settles.
#include "js_client.h"

#include <functional>
#include <memory>
#include <new>
#include <utility>

#include "addon_data.h"
#include "client_call.h"
#include "client_lookup.h"
#include "client_notify.h"
#include "client_pool.h"
#include "client_queue.h"
#include "js_convert.h"
#include "js_error.h"

namespace nsp {
namespace {

using Lookup = std::shared_ptr<ClientLookup>;
// Any number that nobody else uses: lookups carry it.
constexpr napi_type_tag kLookupTag = {0x8f6c1d105b1e4c53, 0x9a524e53504c4b55};

struct Nothing {};

Napi::Value FromNothing(Napi::Env env, const Nothing&) {
  return env.Undefined();
}

// More than this is a slip: no provider's output is worth it.
constexpr uint32_t kMostOutput = 64 * 1024 * 1024;

Lookup ToLookup(const Napi::Value& value) {
  if (value.IsExternal()) {
    const auto external = value.As<Napi::External<Lookup>>();
    if (external.CheckTypeTag(&kLookupTag)) return *external.Data();
  }
  throw Napi::TypeError::New(value.Env(), "lookup must be what begin gave");
}

Napi::Value FromLookup(Napi::Env env, const Lookup& lookup) {
  auto external =
      Napi::External<Lookup>::New(env, new Lookup(lookup), [](Napi::Env, Lookup* owned) {
        // Collected, or the environment ends: calls may still block on it.
        (*owned)->EndSoon();
        delete owned;
      });
  external.TypeTag(&kLookupTag);
  return external;
}

template <typename Result>
Napi::Value ToFailure(Napi::Env env, const Status& status, const Result& result) {
  Napi::Error error = MakeFailure(env, status);
  if constexpr (requires { result.needed; }) {
    if (result.needed != 0) error.Set("needed", Napi::Number::New(env, result.needed));
  }
  return error.Value();
}

ClientPool& Pool(Napi::Env env) {
  ClientPool* pool = nullptr;
  ThrowIfFailed(env, ClientPool::Get(&pool));
  return *pool;
}

// Settles a promise from any thread.
template <typename Result>
using Finish = std::function<void(const Status&, std::shared_ptr<Result>)>;

template <typename Result, typename Convert>
Finish<Result> Finisher(Napi::Env env, const Napi::Promise::Deferred& deferred, Convert convert) {
  return [queue = AddonData::Of(env).Client(env), deferred, convert](
             const Status& status, std::shared_ptr<Result> result) {
    queue->Post([deferred, convert, status, result = std::move(result)](Napi::Env at) {
      if (status.ok()) {
        deferred.Resolve(convert(at, *result));
      } else {
        deferred.Reject(ToFailure(at, status, *result));
      }
    });
  };
}

// Runs `work(Result*)` on a thread of the pool.
template <typename Result, typename Work, typename Convert>
Napi::Value Start(Napi::Env env, Work work, Convert convert, bool soon = false) {
  ClientPool& pool = Pool(env);
  const auto deferred = Napi::Promise::Deferred::New(env);
  auto run = [work = std::move(work), finish = Finisher<Result>(env, deferred, convert)] {
    auto result = std::make_shared<Result>();
    Status status;
    try {
      status = work(result.get());
    } catch (const std::bad_alloc&) {
      status = {WSA_NOT_ENOUGH_MEMORY, "malloc"};
    }
    finish(status, std::move(result));
  };
  ThrowIfFailed(env, soon ? pool.RunSoon(std::move(run)) : pool.Run(std::move(run)));
  return deferred.Promise();
}

Napi::Value Begin(const Napi::CallbackInfo& info) {
  return Start<Lookup>(
      info.Env(),
      [query = ToClientSet(info[0]), flags = ToUint32(info[1], "flags")](Lookup* lookup) {
        return ClientLookup::Begin(query, flags, lookup);
      },
      FromLookup);
}

Napi::Value Next(const Napi::CallbackInfo& info) {
  return Start<ClientSet>(
      info.Env(),
      [lookup = ToLookup(info[0]), flags = ToUint32(info[1], "flags")](ClientSet* result) {
        return NextResult(*lookup, flags, result);
      },
      FromClientSet);
}

Napi::Value End(const Napi::CallbackInfo& info) {
  return Start<Nothing>(
      info.Env(),
      [lookup = ToLookup(info[0])](Nothing*) {
        lookup->End();
        return Status{};
      },
      FromNothing, true);
}

Napi::Value Ioctl(const Napi::CallbackInfo& info) {
  const Napi::Uint8Array input = ToBytes(info[2], "input");
  const uint32_t size = ToUint32(info[3], "outputSize");
  if (size > kMostOutput) throw Napi::RangeError::New(info.Env(), "outputSize is too large");
  return Start<IoctlOutput>(
      info.Env(),
      [lookup = ToLookup(info[0]), code = ToUint32(info[1], "code"), size,
       bytes = std::vector<uint8_t>(input.Data(), input.Data() + input.ByteLength())](
          IoctlOutput* output) { return CallIoctl(*lookup, code, bytes, size, output); },
      [](Napi::Env env, const IoctlOutput& output) -> Napi::Value {
        return FromBytes(env, output.bytes.data(), output.bytes.size());
      });
}

Napi::Value Poll(const Napi::CallbackInfo& info) {
  return Start<bool>(
      info.Env(),
      [lookup = ToLookup(info[0])](bool* changed) { return PollChange(*lookup, changed); },
      [](Napi::Env env, bool changed) -> Napi::Value { return Napi::Boolean::New(env, changed); });
}

Napi::Value Notify(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  ClientPool& pool = Pool(env);
  const auto accepted = Napi::Promise::Deferred::New(env);
  const auto changed = Napi::Promise::Deferred::New(env);
  const auto tell = [](Finish<Nothing> finish) {
    return [finish](const Status& status) { finish(status, std::make_shared<Nothing>()); };
  };
  ThrowIfFailed(
      env, pool.Run([lookup = ToLookup(info[0]),
                     events = ChangeEvents{tell(Finisher<Nothing>(env, accepted, FromNothing)),
                                           tell(Finisher<Nothing>(env, changed, FromNothing))}] {
        NotifyChange(lookup, events);
      }));
  Napi::Object notification = Napi::Object::New(env);
  notification.Set("accepted", accepted.Promise());
  notification.Set("changed", changed.Promise());
  return notification;
}

Napi::Value Set(const Napi::CallbackInfo& info) {
  const uint32_t operation = ToUint32(info[1], "operation");
  return Start<Nothing>(
      info.Env(),
      [set = ToClientSet(info[0]), operation, flags = ToUint32(info[2], "flags")](Nothing*) {
        return SetService(set, static_cast<WSAESETSERVICEOP>(operation), flags);
      },
      FromNothing);
}

Napi::Value Install(const Napi::CallbackInfo& info) {
  return Start<Nothing>(
      info.Env(),
      [description = ToClientClass(info[0])](Nothing*) { return InstallClass(description); },
      FromNothing);
}

Napi::Value Remove(const Napi::CallbackInfo& info) {
  return Start<Nothing>(
      info.Env(), [id = ToGuid(info[0], "id")](Nothing*) { return RemoveClass(id); }, FromNothing);
}

Napi::Value Class(const Napi::CallbackInfo& info) {
  return Start<ClientClass>(
      info.Env(),
      [provider = ToGuid(info[0], "providerId"), id = ToGuid(info[1], "id")](ClientClass* found) {
        return GetClass(provider, id, found);
      },
      FromClientClass);
}

void Hold(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  AddonData::Of(env).Client(env)->Hold(env, ToBool(info[0], "hold"));
}

Napi::Value Stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object object = Napi::Object::New(env);
  object.Set("lookups", Napi::Number::New(env, static_cast<double>(ClientLookup::open())));
  // In this order: work posts its result before it ends. So no call is in neither, and one that has
  // settled its promise has run what follows from that.
  const auto running = static_cast<size_t>(Pool(env).running());
  const size_t calls = running + AddonData::Of(env).Client(env)->waiting();
  object.Set("calls", Napi::Number::New(env, static_cast<double>(calls)));
  return object;
}

}  // namespace

void ExportClient(Napi::Env env, Napi::Object exports) {
  Napi::Object client = Napi::Object::New(env);
  client.Set("begin", Napi::Function::New<Begin>(env, "begin"));
  client.Set("next", Napi::Function::New<Next>(env, "next"));
  client.Set("end", Napi::Function::New<End>(env, "end"));
  client.Set("ioctl", Napi::Function::New<Ioctl>(env, "ioctl"));
  client.Set("poll", Napi::Function::New<Poll>(env, "poll"));
  client.Set("notify", Napi::Function::New<Notify>(env, "notify"));
  client.Set("setService", Napi::Function::New<Set>(env, "setService"));
  client.Set("installClass", Napi::Function::New<Install>(env, "installClass"));
  client.Set("removeClass", Napi::Function::New<Remove>(env, "removeClass"));
  client.Set("classInfo", Napi::Function::New<Class>(env, "classInfo"));
  client.Set("hold", Napi::Function::New<Hold>(env, "hold"));
  client.Set("stats", Napi::Function::New<Stats>(env, "stats"));
  exports.Set("client", client);
}

}  // namespace nsp
