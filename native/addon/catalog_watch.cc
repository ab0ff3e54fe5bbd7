// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See catalog_watch.h.
#include "catalog_watch.h"

#include "js_error.h"

namespace nsp {
namespace {

constexpr char kConfigChange[] = "WSAProviderConfigChange";

Status LastOf(const char* operation) {
  const int code = WSAGetLastError();
  return {static_cast<DWORD>(code != 0 ? code : WSASYSCALLFAILURE), operation};
}

}  // namespace

CatalogWatch::~CatalogWatch() {
  // Whoever owned us last has closed us; this is for one whose Open failed.
  (void)Close();
}

Status CatalogWatch::Open(Napi::Env env, const Napi::Function& on_change) {
  auto change = std::make_unique<ConfigChange>();
  change->event = UniqueHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  if (!change->event) return Status::Last("CreateEventW");
  wait_ = UniquePoolWait(CreateThreadpoolWait(&CatalogWatch::OnEvent, this, nullptr));
  if (!wait_) return Status::Last("CreateThreadpoolWait");
  // The first call, without a handle, only gives one.
  if (WSAProviderConfigChange(notification_.put(), nullptr, nullptr) != 0) {
    return LastOf(kConfigChange);
  }
  change_ = std::move(change);
  StartFunction(env, on_change);
  const Status status = Arm();
  if (!status.ok()) ReleaseFunction();
  return status;
}

std::unique_ptr<ConfigChange> CatalogWatch::Close() {
  if (wait_) {
    SetThreadpoolWait(wait_.get(), nullptr, nullptr);
    // The callback takes no lock that JavaScript's thread could hold while it runs JavaScript.
    WaitForThreadpoolWaitCallbacks(wait_.get(), TRUE);
    wait_.reset();
  }
  ReleaseFunction();
  if (pending_) CancelIoEx(notification_.get(), &change_->overlapped);
  notification_.reset();
  if (!pending_) change_.reset();
  pending_ = false;
  return std::move(change_);
}

void CatalogWatch::StartFunction(Napi::Env env, const Napi::Function& on_change) {
  auto* keep = new std::shared_ptr<CatalogWatch>(shared_from_this());
  function_ = Function::New(
      env, on_change, "winsock-nsp catalog", 0, 1, this,
      [](Napi::Env, std::shared_ptr<CatalogWatch>* self, CatalogWatch*) {
        const std::unique_ptr<std::shared_ptr<CatalogWatch>> last(self);
        const std::lock_guard lock((*last)->mutex_);
        (*last)->open_ = false;
      },
      keep);
  const std::lock_guard lock(mutex_);
  open_ = true;
}

void CatalogWatch::ReleaseFunction() {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  open_ = false;
  // Whatever it answers, the function is not ours any more.
  (void)function_.Release();
}

Status CatalogWatch::Arm() {
  ResetEvent(change_->event.get());
  change_->overlapped = {};
  change_->overlapped.hEvent = change_->event.get();
  HANDLE notification = notification_.get();
  if (WSAProviderConfigChange(&notification, &change_->overlapped, nullptr) != 0) {
    const Status status = LastOf(kConfigChange);
    if (status.code != WSA_IO_PENDING) return status;
  } else {
    SetEvent(change_->event.get());
  }
  pending_ = true;
  SetThreadpoolWait(wait_.get(), change_->event.get(), nullptr);
  return {};
}

Status CatalogWatch::Finish() {
  pending_ = false;
  DWORD bytes = 0;
  if (GetOverlappedResult(notification_.get(), &change_->overlapped, &bytes, FALSE)) return {};
  return Status::Last(kConfigChange);
}

// On a thread of the pool.
void CALLBACK CatalogWatch::OnEvent(PTP_CALLBACK_INSTANCE, void* context, PTP_WAIT,
                                    TP_WAIT_RESULT) {
  auto* const self = static_cast<CatalogWatch*>(context);
  const std::lock_guard lock(self->mutex_);
  // A function that closes has given itself back by its answer.
  if (self->open_ && self->function_.NonBlockingCall() == napi_closing) self->open_ = false;
}

void CatalogWatch::Deliver(Napi::Env env, Napi::Function callback, CatalogWatch* self, void*) {
  // An empty environment is one that ends; without the handle the watch was closed meanwhile.
  if (env == nullptr || !self->notification_) return;
  const Napi::HandleScope scope(env);
  Status status = self->Finish();
  if (status.ok()) status = self->Arm();
  try {
    callback.Call({status.ok() ? env.Undefined() : MakeFailure(env, status).Value()});
  } catch (const Napi::Error& error) {
    // As from any event handler: 'uncaughtException'.
    napi_fatal_exception(env, error.Value());
  }
}

}  // namespace nsp
