// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Verbs of WSAProviderConfigChange: a notification handle, and being told of the next change.
#include "calls.h"

namespace client {
namespace {

Named<Handle>& Notifications() {
  static auto* const names = new Named<Handle>;
  return *names;
}

// config-open name= [pointer=@null|@unmapped]: the first call, which only gives the handle.
void Open(Step& step) {
  HANDLE handle = nullptr;
  auto* const pointer = static_cast<HANDLE*>(PointerFor(step.command, "pointer", &handle));
  step.Call("WSAProviderConfigChange",
            [&] { return WSAProviderConfigChange(pointer, nullptr, nullptr); });
  step.data.Set("given", handle != nullptr);
  if (step.ret == 0) {
    Notifications().Put(step.command.Text("name"), std::make_shared<Handle>(Handle{handle}));
  }
}

// config-wait name= [ov=NAME [apc=1]]: without an overlapped structure it waits for the change.
void Wait(Step& step) {
  const Command& command = step.command;
  const std::shared_ptr<Handle> item = Notifications().Get(command.Text("name"));
  const std::shared_ptr<Overlapped> overlapped =
      command.Has("ov") ? TheWorld().overlapped.Get(command.Text("ov")) : nullptr;
  HANDLE handle = item->value;
  step.Call("WSAProviderConfigChange", [&] {
    return WSAProviderConfigChange(&handle, overlapped ? overlapped->get() : nullptr,
                                   command.Flag("apc") ? RecordingRoutine() : nullptr);
  });
  step.data.Set("sameHandle", handle == item->value);
}

// config-close name=
void Close(Step& step) {
  const std::shared_ptr<Handle> item = Notifications().Take(step.command.Text("name"));
  step.Call("CloseHandle", [&] { return CloseHandle(item->value) ? 0 : -1; });
}

}  // namespace

void AddConfigVerbs() {
  AddVerb("config-open", Open);
  AddVerb("config-wait", Wait);
  AddVerb("config-close", Close);
}

}  // namespace client
