// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Fan-out of a query over its providers; see query.h.
#include "query.h"

#include "switches.h"

namespace rig {

int Query::Begin(const Providers& providers, WSAQUERYSETW* restrictions, DWORD flags) {
  // What a dispatcher knows about the class without asking anybody: its GUID.
  WSASERVICECLASSINFOW class_info{};
  class_info.lpServiceClassId = restrictions->lpServiceClassId;
  WSASERVICECLASSINFOW* const info = class_info.lpServiceClassId ? &class_info : nullptr;
  name_space_ = restrictions->lpNSProviderId != nullptr ? restrictions->dwNameSpace : NS_ALL;
  offered_ = providers.size();
  DWORD first_refusal = 0;
  int last = SOCKET_ERROR;
  if (providers.empty()) return Fail(WSASERVICE_NOT_FOUND);
  for (const auto& provider : providers) {
    ProviderCall call(provider.get());
    if (!call) continue;
    GUID id = provider->entry().id;
    HANDLE handle = nullptr;
    last = call->NSPLookupServiceBegin(&id, restrictions, info, flags, &handle);
    if (last == 0) {
      parts_.push_back({provider, handle});
    } else if (first_refusal == 0) {
      first_refusal = GetLastError();
    }
  }
  if (last != 0 && Broken(Switch::kBeginLastDecides)) {
    KeepLastError keep;
    End();
    return SOCKET_ERROR;
  }
  if (!parts_.empty()) return 0;
  if (Broken(Switch::kBeginFirstError)) SetLastError(first_refusal);
  return SOCKET_ERROR;
}

int Query::Next(DWORD flags, DWORD* length, WSAQUERYSETW* results) {
  for (;;) {
    size_t index;
    {
      ExclusiveLock lock(&lock_);
      if (closing_) return Fail(WSA_E_CANCELLED);
      index = current_;
    }
    if (index == parts_.size()) {
      return Fail(Broken(Switch::kNextNoMoreCode) ? WSAEINVAL : WSA_E_NO_MORE);
    }
    const Part& part = parts_[index];
    int result;
    {
      ProviderCall call(part.provider.get());
      if (!call) return Fail(WSA_INVALID_HANDLE);
      result = call->NSPLookupServiceNext(part.handle, flags, length, results);
    }
    DWORD code = GetLastError();
    if (result == 0) {
      ExclusiveLock lock(&lock_);
      delivered_ = true;
      SetLastError(code);
      return 0;
    }
    if (code == WSAEFAULT && !Broken(Switch::kNextSkipsTooSmall)) return SOCKET_ERROR;
    if (!MoveOn(index, &code)) return Fail(code);
  }
}

bool Query::MoveOn(size_t index, DWORD* code) {
  ExclusiveLock lock(&lock_);
  if (closing_) return false;
  const bool was_last = index + 1 == parts_.size();
  if (parts_.size() == 1 && parts_[0].provider->has_ioctl()) {
    // Stays addressable: more results can come after a notification.
    return false;
  }
  // Another thread may have moved on already.
  if (current_ == index) current_ = index + 1;
  if (!was_last && !Broken(Switch::kNextStopsAtFirst)) return true;
  current_ = parts_.size();
  if (delivered_ || reported_) *code = WSA_E_NO_MORE;
  if (*code == WSA_E_NO_MORE && Broken(Switch::kNextNoMoreCode)) *code = WSAEINVAL;
  reported_ = true;
  return false;
}

void Query::End() {
  {
    ExclusiveLock lock(&lock_);
    closing_ = true;
  }
  for (const Part& part : parts_) {
    ProviderCall call(part.provider.get());
    if (call) call->NSPLookupServiceEnd(part.handle);
  }
}

int Query::Ioctl(DWORD code, void* in, DWORD in_size, void* out, DWORD out_size, DWORD* returned,
                 WSACOMPLETION* completion, WSATHREADID* thread) {
  size_t concerned = parts_.size();
  if (Broken(Switch::kIoctlFirstOfMany)) concerned = 1;
  if (Broken(Switch::kIoctlCountsRefused)) concerned = offered_;
  if (Broken(Switch::kIoctlCountsNamespace) && name_space_ != NS_ALL) {
    KeepLastError keep;
    concerned = CountEntries(name_space_);
  }
  if (concerned != 1) return Fail(WSAEINVAL);
  const Part& part = parts_[0];
  if (!part.provider->has_ioctl()) {
    return Fail(Broken(Switch::kIoctlMissingCode) ? WSAEINVAL : WSAEOPNOTSUPP);
  }
  {
    ExclusiveLock lock(&lock_);
    if (closing_) return Fail(WSA_INVALID_HANDLE);
  }
  ProviderCall call(part.provider.get());
  if (!call) return Fail(WSA_INVALID_HANDLE);
  return call->NSPIoctl(part.handle, code, in, in_size, out, out_size, returned, completion,
                        thread);
}

std::vector<BYTE> Query::TakeAnsiResult() {
  ExclusiveLock lock(&lock_);
  return std::move(ansi_result_);
}

void Query::KeepAnsiResult(std::vector<BYTE> result) {
  ExclusiveLock lock(&lock_);
  ansi_result_ = std::move(result);
}

}  // namespace rig
