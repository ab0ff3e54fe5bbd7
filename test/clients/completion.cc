// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Verbs for events, completion ports and overlapped structures.
#include <cstring>

#include "objects.h"

namespace client {
namespace {

void Describe(Step& step, HANDLE handle) {
  step.data.Set("handle", HexNumber(reinterpret_cast<uintptr_t>(handle)));
}

void CloseNamed(Step& step, Named<Handle>& names) {
  const std::shared_ptr<Handle> handle = names.Take(step.command.Text("name"));
  step.Call("CloseHandle", [&] { return CloseHandle(handle->value) ? 0 : -1; });
}

// name=OLD as=NEW: a second handle to the same object.
void DuplicateNamed(Step& step, Named<Handle>& names) {
  HANDLE copy = nullptr;
  step.Call("DuplicateHandle", [&] {
    return DuplicateHandle(GetCurrentProcess(), names.Get(step.command.Text("name"))->value,
                           GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS)
               ? 0
               : -1;
  });
  names.Put(step.command.Text("as"), std::make_shared<Handle>(Handle{copy}));
  Describe(step, copy);
}

// event name= [manual=1] [set=1]
void MakeEvent(Step& step) {
  const HANDLE event =
      CreateEventW(nullptr, step.command.Flag("manual"), step.command.Flag("set"), nullptr);
  TheWorld().events.Put(step.command.Text("name"), std::make_shared<Handle>(Handle{event}));
  Describe(step, event);
}

// event-wait name= [ms=0]: data.signalled; an event of the automatic kind is reset by it.
void WaitEvent(Step& step) {
  const HANDLE event = TheWorld().events.Get(step.command.Text("name"))->value;
  const auto ms = static_cast<DWORD>(step.command.Number("ms", 0));
  DWORD result = 0;
  step.Call("WaitForSingleObject", [&] {
    result = WaitForSingleObject(event, ms);
    return result == WAIT_FAILED ? -1 : 0;
  });
  step.data.Set("signalled", result == WAIT_OBJECT_0);
}

void ResetNamedEvent(Step& step) {
  const HANDLE event = TheWorld().events.Get(step.command.Text("name"))->value;
  step.Call("ResetEvent", [&] { return ResetEvent(event) ? 0 : -1; });
}

void MakePort(Step& step) {
  const HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
  TheWorld().ports.Put(step.command.Text("name"), std::make_shared<Handle>(Handle{port}));
  Describe(step, port);
}

// port-get name= [ms=0]: one packet, or data.got false.
void GetPacket(Step& step) {
  const HANDLE port = TheWorld().ports.Get(step.command.Text("name"))->value;
  DWORD bytes = 0;
  ULONG_PTR key = 0;
  OVERLAPPED* overlapped = nullptr;
  const auto ms = static_cast<DWORD>(step.command.Number("ms", 0));
  step.Call("GetQueuedCompletionStatus", [&] {
    return GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, ms) ? 0 : -1;
  });
  step.data.Set("got", step.ret == 0 || overlapped != nullptr)
      .Set("bytes", static_cast<uint64_t>(bytes))
      .Set("key", static_cast<uint64_t>(key))
      .Set("ov", OverlappedName(overlapped));
}

// ov name= [event=EVENT|0x...|@null] [fill=0xcd] [ro=1]: every member but hEvent is junk.
void MakeOverlapped(Step& step) {
  const Command& command = step.command;
  auto item = std::make_shared<Overlapped>();
  item->block = std::make_shared<Block>(sizeof(OVERLAPPED),
                                        static_cast<uint8_t>(command.Number("fill", 0xcd)));
  item->get()->hEvent = HandleFor(command, "event", TheWorld().events);
  if (command.Flag("ro")) item->block->MakeReadOnly();
  TheWorld().overlapped.Put(command.Text("name"), item);
}

// ov-read name=: the structure, and what GetOverlappedResult makes of it.
void ReadOverlapped(Step& step) {
  const std::shared_ptr<Overlapped> item = TheWorld().overlapped.Get(step.command.Text("name"));
  OVERLAPPED copy;
  std::memcpy(&copy, item->get(), sizeof copy);
  DWORD bytes = 0;
  step.Call("GetOverlappedResult",
            [&] { return GetOverlappedResult(nullptr, &copy, &bytes, FALSE) ? 0 : -1; });
  step.data.Set("internal", HexNumber(copy.Internal))
      .Set("internalHigh", static_cast<uint64_t>(copy.InternalHigh))
      .Set("offset", HexNumber(copy.Offset))
      .Set("offsetHigh", HexNumber(copy.OffsetHigh))
      .Set("hEvent", HexNumber(reinterpret_cast<uintptr_t>(copy.hEvent)))
      .Set("bytes", static_cast<uint64_t>(bytes))
      .Set("completed", copy.Internal != 0x103)
      .Set("guardsIntact", item->block->GuardsIntact());
}

// ov-discard name=: overwritten and without access from now on, as after a completion.
void DiscardOverlapped(Step& step) {
  TheWorld().overlapped.Get(step.command.Text("name"))->block->Discard();
}

}  // namespace

void AddCompletionVerbs() {
  AddVerb("event", MakeEvent);
  AddVerb("event-wait", WaitEvent);
  AddVerb("event-reset", ResetNamedEvent);
  AddVerb("event-close", [](Step& s) { CloseNamed(s, TheWorld().events); });
  AddVerb("event-dup", [](Step& s) { DuplicateNamed(s, TheWorld().events); });
  AddVerb("port", MakePort);
  AddVerb("port-get", GetPacket);
  AddVerb("port-close", [](Step& s) { CloseNamed(s, TheWorld().ports); });
  AddVerb("port-dup", [](Step& s) { DuplicateNamed(s, TheWorld().ports); });
  AddVerb("ov", MakeOverlapped);
  AddVerb("ov-read", ReadOverlapped);
  AddVerb("ov-discard", DiscardOverlapped);
}

}  // namespace client
