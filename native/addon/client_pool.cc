// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See client_pool.h.
#include "client_pool.h"

#include <atomic>
#include <memory>
#include <mutex>

#include "catalog.h"

namespace nsp {
namespace {

// As many calls may block at once. A hung provider holds one of them for each lookup that asks it.
constexpr DWORD kMostCalls = 256;
// End is not supposed to wait; a few may do so all the same.
constexpr DWORD kMostEnds = 16;

std::atomic<long> g_running = 0;

// What these threads run is ours: the module must not go while one of them does.
Status StayLoaded() {
  HMODULE module = nullptr;
  if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                          reinterpret_cast<LPCWSTR>(reinterpret_cast<void*>(&StayLoaded)),
                          &module)) {
    return Status::Last("GetModuleHandleExW");
  }
  return {};
}

void CALLBACK RunWork(PTP_CALLBACK_INSTANCE, void* context) {
  const std::unique_ptr<std::function<void()>> work(static_cast<std::function<void()>*>(context));
  (*work)();
  --g_running;
}

}  // namespace

Status ClientPool::Get(ClientPool** pool) {
  // Both live as long as the process: calls may be under way at its end.
  static ClientPool* made = nullptr;
  static Winsock* const winsock = new Winsock;
  static std::mutex mutex;  // guards both
  const std::lock_guard lock(mutex);
  Status status = winsock->Start();
  if (status.ok() && made == nullptr) {
    auto fresh = std::make_unique<ClientPool>();
    status = fresh->Start();
    if (status.ok()) made = fresh.release();
  }
  *pool = made;
  return status;
}

Status ClientPool::Start() {
  const Status status = StayLoaded();
  if (!status.ok()) return status;
  const Status calls = calls_.Start(kMostCalls);
  return calls.ok() ? soon_.Start(kMostEnds) : calls;
}

Status ClientPool::Threads::Start(DWORD limit) {
  pool.reset(CreateThreadpool(nullptr));
  if (!pool) return Status::Last("CreateThreadpool");
  SetThreadpoolThreadMaximum(pool.get(), limit);
  InitializeThreadpoolEnvironment(&environment);
  SetThreadpoolCallbackPool(&environment, pool.get());
  // The pool makes another thread at once instead of waiting for this one.
  SetThreadpoolCallbackRunsLong(&environment);
  return {};
}

Status ClientPool::Submit(Threads& threads, std::function<void()> work) {
  auto owned = std::make_unique<std::function<void()>>(std::move(work));
  ++g_running;
  if (!TrySubmitThreadpoolCallback(RunWork, owned.get(), &threads.environment)) {
    const Status status = Status::Last("TrySubmitThreadpoolCallback");
    --g_running;
    return status;
  }
  (void)owned.release();  // RunWork's now
  return {};
}

Status ClientPool::Run(std::function<void()> work) {
  return Submit(calls_, std::move(work));
}

Status ClientPool::RunSoon(std::function<void()> work) {
  return Submit(soon_, std::move(work));
}

long ClientPool::running() const {
  return g_running;
}

}  // namespace nsp
