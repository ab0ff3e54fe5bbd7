// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See requests.h.
#include "requests.h"

#include <algorithm>

namespace torture {
namespace {

constexpr UINT kMessage = WM_APP + 7;
constexpr ULONG_PTR kKey = 77;
// A second completion that comes after the first has this many requests' time to be seen.
constexpr size_t kKept = 64;

LONG next_id;
thread_local Requests* of_thread;

uint32_t CodeOf(const OVERLAPPED& overlapped) {
  const auto status = static_cast<uint32_t>(overlapped.Internal);
  return status == 0xC0000120u                   ? WSA_OPERATION_ABORTED
         : (status & 0xFFFF0000u) == 0xC0070000u ? status & 0xFFFFu
                                                 : status;
}

}  // namespace

Requests::Requests(const Target& target) : target_(target) {
  of_thread = this;
  port_ = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
  WNDCLASSW window_class = {};
  window_class.lpfnWndProc = OnMessage;
  window_class.lpszClassName = L"torture";
  RegisterClassW(&window_class);
  window_ =
      CreateWindowExW(0, L"torture", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, nullptr, nullptr, nullptr);
}

Requests::~Requests() {
  of_thread = nullptr;
}

LRESULT CALLBACK Requests::OnMessage(HWND window, UINT message, WPARAM wide, LPARAM low) {
  if (message != kMessage) return DefWindowProcW(window, message, wide, low);
  auto* const request = reinterpret_cast<Request*>(wide);
  if (of_thread != nullptr) of_thread->Completed(request, 0);
  return 0;
}

void CALLBACK Requests::OnRoutine(DWORD error, DWORD, OVERLAPPED* overlapped, DWORD) {
  auto* const request = reinterpret_cast<Request*>(overlapped);
  if (of_thread != nullptr) of_thread->Completed(request, error);
}

void Requests::Completed(Request* request, uint32_t code) {
  TheLog().Add(kCompleted, request->id, request->type, code);
  request->pending = false;
  ++taken_;
}

void Requests::Fill(Request* request, WSACOMPLETION* completion) {
  *completion = {};
  completion->Type = static_cast<WSACOMPLETIONTYPE>(request->type & ~kCustom);
  switch (completion->Type) {
    case NSP_NOTIFY_HWND:
      completion->Parameters.WindowMessage.hWnd = window_;
      completion->Parameters.WindowMessage.uMsg = kMessage;
      completion->Parameters.WindowMessage.context = reinterpret_cast<WPARAM>(request);
      break;
    case NSP_NOTIFY_EVENT:
      request->event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
      request->overlapped.hEvent = request->event;
      completion->Parameters.Event.lpOverlapped = &request->overlapped;
      break;
    case NSP_NOTIFY_PORT:
      completion->Parameters.Port.lpOverlapped = &request->overlapped;
      completion->Parameters.Port.hPort = port_;
      completion->Parameters.Port.Key = kKey;
      break;
    default:
      completion->Parameters.Apc.lpOverlapped = &request->overlapped;
      completion->Parameters.Apc.lpfnCompletionProc = OnRoutine;
      break;
  }
}

Request* Requests::Start(uint32_t type, const std::wstring& name) {
  HANDLE handle = nullptr;
  if (target_.Begin(name, &handle) != 0) return nullptr;
  return StartOn(handle, type);
}

Request* Requests::StartRead(uint32_t type, const std::wstring& name) {
  HANDLE handle = nullptr;
  uint32_t version = 0;
  if (target_.Begin(name, &handle) != 0) return nullptr;
  if (Drain(handle, &version) == WSA_E_NO_MORE) return StartOn(handle, type);
  End(handle);
  return nullptr;
}

Request* Requests::StartOn(HANDLE handle, uint32_t type) {
  all_.push_back(std::make_unique<Request>());
  Request* const request = all_.back().get();
  request->id = static_cast<uint32_t>(InterlockedIncrement(&next_id));
  request->type = type;
  request->handle = handle;
  WSACOMPLETION completion;
  Fill(request, &completion);
  request->pending = true;
  live_.push_back(request);
  TheLog().Add(kIssued, request->id, type, 0);
  const DWORD code = (type & kCustom) != 0
                         ? RegisterCode(handle, request->id % 4 == 0 ? kHoldCode : kEchoCode,
                                        request->buffer, &completion)
                         : Register(handle, &completion);
  TheLog().Add(code == WSA_IO_PENDING ? kAccepted : kRefused, request->id, type, code);
  if (code == WSA_IO_PENDING) return request;
  request->pending = false;
  Stop(request);
  return nullptr;
}

uint32_t Requests::TakeEvents() {
  uint32_t count = 0;
  const auto take = [&](Request* request) {
    if (request->event != nullptr && WaitForSingleObject(request->event, 0) == WAIT_OBJECT_0) {
      Completed(request, CodeOf(request->overlapped));
      ++count;
    }
  };
  for (Request* const request : live_)
    take(request);
  return count;
}

uint32_t Requests::TakePackets() {
  uint32_t count = 0;
  DWORD bytes = 0;
  ULONG_PTR key = 0;
  OVERLAPPED* overlapped = nullptr;
  while (GetQueuedCompletionStatus(port_, &bytes, &key, &overlapped, 0)) {
    auto* const request = reinterpret_cast<Request*>(overlapped);
    if (key != kKey) TheLog().Add(kWrong, request->id, request->type, 1);
    Completed(request, CodeOf(*overlapped));
    ++count;
  }
  return count;
}

uint32_t Requests::Take(DWORD ms) {
  const uint32_t before = taken_;
  TakeEvents();
  TakePackets();
  HANDLE handles[32];
  DWORD count = 0;
  for (Request* const request : live_) {
    if (request->event != nullptr && request->pending && count < 31) {
      handles[count++] = request->event;
    }
  }
  handles[count++] = port_;
  const DWORD got = MsgWaitForMultipleObjectsEx(count, handles, taken_ != before ? 0 : ms,
                                                QS_ALLINPUT, MWMO_ALERTABLE);
  // An event of the automatic kind is reset by the wait.
  for (Request* const request : live_) {
    if (got < count && request->event == handles[got]) {
      Completed(request, CodeOf(request->overlapped));
    }
  }
  MSG message;
  while (PeekMessageW(&message, nullptr, 0, 0, PM_REMOVE))
    DispatchMessageW(&message);
  TakeEvents();
  TakePackets();
  for (size_t i = live_.size(); i-- > 0;) {
    Request* const request = live_[i];
    if (request->pending || request->handle != nullptr) continue;
    live_.erase(live_.begin() + static_cast<ptrdiff_t>(i));
    Retire(request);
  }
  return taken_ - before;
}

void Requests::Retire(Request* request) {
  retired_.push_back(request);
  if (retired_.size() <= kKept) return;
  Request* const oldest = retired_.front();
  retired_.pop_front();
  if (oldest->event == nullptr) return;
  if (WaitForSingleObject(oldest->event, 0) == WAIT_OBJECT_0) {
    Completed(oldest, CodeOf(oldest->overlapped));
  }
  CloseHandle(oldest->event);
  oldest->event = nullptr;
}

void Requests::Stop(Request* request) {
  if (request->handle == nullptr) return;
  if (request->pending) TheLog().Add(kEnding, request->id, request->type, 0);
  End(request->handle);
  request->handle = nullptr;
  if (request->pending) return;
  live_.erase(std::remove(live_.begin(), live_.end(), request), live_.end());
  Retire(request);
}

void Requests::Forget() {
  for (Request* const request : live_)
    request->handle = nullptr;
}

uint32_t Requests::pending() const {
  uint32_t count = 0;
  for (const Request* const request : live_)
    count += request->pending ? 1 : 0;
  return count;
}

bool Requests::Settle(DWORD ms) {
  const uint64_t end = GetTickCount64() + ms;
  for (;;) {
    Take(20);
    bool waits = false;
    for (const Request* const request : live_) {
      // A window hears of changes only, so an aborted one says nothing.
      waits |= request->pending && (request->handle != nullptr || request->type != NSP_NOTIFY_HWND);
    }
    if (!waits) break;
    if (GetTickCount64() > end) return false;
  }
  Take(50);  // what comes twice
  for (Request* const request : retired_) {
    if (request->event != nullptr && WaitForSingleObject(request->event, 0) == WAIT_OBJECT_0) {
      Completed(request, CodeOf(request->overlapped));
    }
  }
  return true;
}

}  // namespace torture
