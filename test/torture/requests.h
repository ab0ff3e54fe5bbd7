// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Requests that pend, one of every kind, each with an OVERLAPPED that is never used again.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "ask.h"

namespace torture {

// The completion type, as in WSACOMPLETION; a control code's has the bit below.
inline constexpr uint32_t kCustom = 16;

struct Request {
  OVERLAPPED overlapped = {};  // first: a completion's OVERLAPPED is the request
  uint32_t id = 0;
  uint32_t type = 0;
  HANDLE event = nullptr;
  HANDLE handle = nullptr;
  bool pending = false;
  uint8_t buffer[64] = {};
};

// All of one thread: it makes them, waits for them and ends them.
class Requests {
 public:
  explicit Requests(const Target& target);
  ~Requests();
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;

  // Begins a handle for `name` and registers. Null if anything but 997 was the answer.
  Request* Start(uint32_t type, const std::wstring& name);
  // As Start, and reads all there is before it registers. Null also if that fails.
  Request* StartRead(uint32_t type, const std::wstring& name);
  // Takes what completes within `ms`; every completion is logged. Gives how many.
  uint32_t Take(DWORD ms);
  // Ends the handle; what pends is aborted.
  void Stop(Request* request);
  // The handles have been ended by somebody else.
  void Forget();
  // Waits until nothing that must complete pends any more; false at the watchdog.
  bool Settle(DWORD ms);
  uint32_t pending() const;
  bool has_window() const { return window_ != nullptr; }

 private:
  static void CALLBACK OnRoutine(DWORD error, DWORD bytes, OVERLAPPED* overlapped, DWORD flags);
  static LRESULT CALLBACK OnMessage(HWND window, UINT message, WPARAM wide, LPARAM low);
  Request* StartOn(HANDLE handle, uint32_t type);
  void Completed(Request* request, uint32_t code);
  uint32_t TakeEvents();
  uint32_t TakePackets();
  void Fill(Request* request, WSACOMPLETION* completion);
  void Retire(Request* request);

  const Target& target_;
  HANDLE port_ = nullptr;
  HWND window_ = nullptr;
  std::vector<std::unique_ptr<Request>> all_;
  std::vector<Request*> live_;
  std::deque<Request*> retired_;
  uint32_t taken_ = 0;
};

}  // namespace torture
