// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Message-only windows. user32 is loaded when the first window is made and never before, so that a
// client without user32 can be shown.
#include "objects.h"

namespace client {
namespace {

struct User32 {
  HMODULE module = LoadLibraryW(L"user32.dll");
  template <class F>
  F Get(const char* name, F) const {
    return reinterpret_cast<F>(GetProcAddress(module, name));
  }
};

const User32& TheUser32() {
  static const auto* const user32 = new User32;
  return *user32;
}

// window name= [thread=]: owned by the thread that runs the step, which must pump it too.
void MakeWindow(Step& step) {
  const auto create = TheUser32().Get("CreateWindowExW", &CreateWindowExW);
  HWND window = nullptr;
  step.Call("CreateWindowExW", [&] {
    window = create(0, L"STATIC", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, nullptr, nullptr, nullptr);
    return window == nullptr ? -1 : 0;
  });
  TheWorld().windows.Put(step.command.Text("name"), std::make_shared<Window>(Window{window}));
  step.data.Set("handle", HexNumber(reinterpret_cast<uintptr_t>(window)));
}

// window-pump name= [count=1] [ms=0]: takes messages from WM_USER up until count came or the time
// is over.
void Pump(Step& step) {
  const auto peek = TheUser32().Get("PeekMessageW", &PeekMessageW);
  const auto wait = TheUser32().Get("MsgWaitForMultipleObjects", &MsgWaitForMultipleObjects);
  const HWND window = TheWorld().windows.Get(step.command.Text("name"))->handle;
  const uint64_t count = step.command.Number("count", 1);
  const ULONGLONG until = GetTickCount64() + step.command.Number("ms", 0);
  JsonArray list;
  uint64_t got = 0;
  for (;;) {
    MSG message;
    while (got < count && peek(&message, window, WM_USER, 0xffff, PM_REMOVE)) {
      ++got;
      list.Add(Json()
                   .Set("msg", static_cast<uint64_t>(message.message))
                   .Set("wParam", static_cast<uint64_t>(message.wParam))
                   .Set("lParam", static_cast<int64_t>(message.lParam))
                   .Object());
    }
    const ULONGLONG now = GetTickCount64();
    if (got >= count || now >= until) break;
    wait(0, nullptr, FALSE, static_cast<DWORD>(until - now), QS_ALLINPUT);
    // Anything else is taken too, or the wait above would return at once for ever.
    while (peek(&message, nullptr, 0, WM_USER - 1, PM_REMOVE)) {
    }
  }
  step.data.Raw("messages", list.Array());
}

void DestroyNamedWindow(Step& step) {
  const auto destroy = TheUser32().Get("DestroyWindow", &DestroyWindow);
  const HWND window = TheWorld().windows.Get(step.command.Text("name"))->handle;
  step.Call("DestroyWindow", [&] { return destroy(window) ? 0 : -1; });
}

}  // namespace

void AddWindowVerbs() {
  AddVerb("window", MakeWindow);
  AddVerb("window-pump", Pump);
  AddVerb("window-destroy", DestroyNamedWindow);
}

}  // namespace client
