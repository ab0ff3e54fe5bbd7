// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See service_calls.h. What the client gave is copied first and judged after; nothing of it is read
// twice.
#include "service_calls.h"

#include <cstring>

#include "class_reader.h"
#include "class_writer.h"
#include "guarded_copy.h"
#include "provider.h"
#include "question_key.h"
#include "registration.h"
#include "reply.h"
#include "round_trip.h"

namespace nsp {
namespace {

using Id = uint8_t[16];

// Whom a call is for.
struct Target {
  Ref<Provider> provider;
  uint32_t entry = 0;
  ControlState state;

  const ControlFilter& filter() const { return state.filter(); }
};

// 0, WSAEINVALIDPROVIDER, WSAENETDOWN or WSAEOPNOTSUPP.
DWORD FindTarget(const Id& id, uint32_t wanted_flag, Target* target) {
  target->provider = Startup::Find(id, &target->entry);
  if (!target->provider) {
    return WSAEINVALIDPROVIDER;
  }
  target->state = target->provider->control()->State();
  if (!target->state) {
    return WSAENETDOWN;
  }
  return (target->filter().host_flags & wanted_flag) != 0 ? 0 : WSAEOPNOTSUPP;
}

// The fixed part, with room for what follows it.
template <typename Fixed>
uint8_t* StartBody(Buffer* body, const Fixed& fixed, size_t more) {
  if (!body->Resize(sizeof(fixed) + more)) {
    return nullptr;
  }
  std::memcpy(body->data(), &fixed, sizeof(fixed));
  return body->data() + sizeof(fixed);
}

DWORD Ask(const Target& target, uint32_t kind, const Buffer& body, Call* call) {
  Deadline deadline(target.filter().register_deadline_ms);
  DWORD code = AskHost(target.provider.get(), target.state, kind, body, deadline, call);
  return code != 0 ? code : ReadReply(*call).status;
}

// A registration names us, whatever namespace and provider it names: that was for whoever chose us.
DWORD CheckOwned(const Target& target, const ClientFields& fields) {
  FilterQuestion question;
  QuestionKey key;
  question.entry = target.entry;
  question.names_us = true;
  if (DWORD code = key.Put(fields, &question)) {
    return code;
  }
  return OwnsQuery(target.filter(), question) ? 0 : WSASERVICE_NOT_FOUND;
}

// A call on a class that carries nothing but its GUID.
DWORD AskAboutClass(const Target& target, uint32_t kind, const Id& service_class, Call* call) {
  ClassBody fixed = {0, target.entry, {}};
  std::memcpy(fixed.service_class, service_class, sizeof(fixed.service_class));
  Buffer body;
  return StartBody(&body, fixed, 0) == nullptr ? WSA_NOT_ENOUGH_MEMORY
                                               : Ask(target, kind, body, call);
}

}  // namespace

DWORD SetService(const void* id, const void* service, uint32_t operation, DWORD flags) {
  if (id == nullptr || service == nullptr || operation > RNRSERVICE_DELETE) {
    return WSAEINVAL;
  }
  Id guid;
  Registration registration;
  if (!GuardedRead(&guid, id)) {
    return WSAEFAULT;
  }
  if (DWORD code = registration.Copy(service)) {
    return code;
  }
  Target target;
  if (DWORD code = FindTarget(guid, kHostRegisters, &target)) {
    return code;
  }
  if (DWORD code = CheckOwned(target, registration.fields())) {
    return code;
  }
  QuerySetView view = registration.View();
  view.head.entry = target.entry;
  SetServiceBody fixed = {0, operation, (flags & SERVICE_MULTIPLE) != 0 ? 1u : 0u, 0};
  size_t size = MeasureQuerySet(view);
  if (size == 0) {
    return WSAENOBUFS;  // each part was small enough, all of them are not
  }
  Buffer body;
  uint8_t* block = StartBody(&body, fixed, size);
  if (block == nullptr) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  WriteQuerySet(view, block);
  Call call;
  return Ask(target, kFrameSetService, body, &call);
}

DWORD InstallServiceClass(const void* id, const void* info) {
  if (id == nullptr || info == nullptr) {
    return WSAEINVAL;
  }
  Id guid;
  ClassReader reader;
  if (!GuardedRead(&guid, id)) {
    return WSAEFAULT;
  }
  if (DWORD code = reader.Copy(info)) {
    return code;
  }
  Target target;
  if (DWORD code = FindTarget(guid, kHostStoresClasses, &target)) {
    return code;
  }
  ClassView view = reader.View();
  size_t size = MeasureClassInfo(view);
  if (size == 0) {
    return WSAENOBUFS;
  }
  Buffer body;
  uint8_t* block = StartBody(&body, InstallClassBody{0, target.entry}, size);
  if (block == nullptr) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  WriteClassInfo(view, block);
  Call call;
  return Ask(target, kFrameInstallClass, body, &call);
}

DWORD RemoveServiceClass(const void* id, const void* service_class) {
  if (id == nullptr || service_class == nullptr) {
    return WSAEINVAL;
  }
  Id guid;
  Id wanted;
  if (!GuardedRead(&guid, id) || !GuardedRead(&wanted, service_class)) {
    return WSAEFAULT;
  }
  Target target;
  if (DWORD code = FindTarget(guid, kHostStoresClasses, &target)) {
    return code;
  }
  Call call;
  return AskAboutClass(target, kFrameRemoveClass, wanted, &call);
}

DWORD GetServiceClassInfo(const void* id, void* length, void* info) {
  // The first member says which class; the buffer need not be large enough for more.
  static_assert(offsetof(WSASERVICECLASSINFOW, lpServiceClassId) == 0);
  if (id == nullptr || length == nullptr || info == nullptr) {
    return WSAEINVAL;
  }
  Id guid;
  Id wanted;
  DWORD room = 0;
  const void* service_class = nullptr;
  if (!GuardedRead(&guid, id) || !GuardedRead(&room, length) ||
      !GuardedRead(&service_class, info)) {
    return WSAEFAULT;
  }
  if (service_class == nullptr) {
    return WSAEINVAL;
  }
  if (!GuardedRead(&wanted, service_class)) {
    return WSAEFAULT;
  }
  Target target;
  if (DWORD code = FindTarget(guid, kHostStoresClasses, &target)) {
    return code;
  }
  Call call;
  if (DWORD code = AskAboutClass(target, kFrameClassInfo, wanted, &call)) {
    return code;
  }
  Reply reply = ReadReply(call);
  ClassView view;
  if (!ReadClassInfo(reply.data, reply.bytes, &view) || view.head.size != reply.bytes) {
    return WSANO_RECOVERY;
  }
  uint32_t need = 0;
  DWORD code = StoreClassInfo(view, info, room, &need);
  if (code == WSAEFAULT && need != 0) {
    static_cast<void>(GuardedWrite(length, static_cast<DWORD>(need)));
  }
  return code;
}

}  // namespace nsp
