// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The verbs installclass, removeclass, getclassinfo, sweepclassinfo and getclassname, in both
// modes.
#include <algorithm>
#include <cstring>
#include <set>

#include "class_info.h"
#include "objects.h"

namespace client {
namespace {

void InstallClass(Step& step) {
  const std::shared_ptr<Table> table = TableFor(step.command);
  ProviderId provider(step.command, table.get());
  ClassDescription description(step.command);
  auto* const info = static_cast<WSASERVICECLASSINFOW*>(description.get());
  if (table) {
    step.Call("NSPInstallServiceClass",
              [&] { return table->routine()->NSPInstallServiceClass(provider.pointer, info); });
  } else {
    step.Call("WSAInstallServiceClassW", [&] { return WSAInstallServiceClassW(info); });
  }
  step.data.Set("infoUnchanged", description.Unchanged());
  description.Discard();
}

// removeclass class=GUID|@null|@unmapped
void RemoveClass(Step& step) {
  const std::shared_ptr<Table> table = TableFor(step.command);
  ProviderId provider(step.command, table.get());
  const ClassId id(step.command);
  step.Call(table ? "NSPRemoveServiceClass" : "WSARemoveServiceClass", [&] {
    return table ? table->routine()->NSPRemoveServiceClass(provider.pointer, id.pointer)
                 : WSARemoveServiceClass(id.pointer);
  });
}

// What one call of GetServiceClassInfo is given: a block of known bytes that, in table mode, begins
// with the pointer to the wanted class, as the contract has it.
struct InfoCall {
  InfoCall(const Command& command, size_t room)
      : claimed(static_cast<DWORD>(command.Number("claim", room))),
        block(std::max(room, sizeof(WSASERVICECLASSINFOW)), 0xab, command.Number("misalign", 0),
              command.Flag("edge")),
        id(command) {
    std::memcpy(block.data(), &id.pointer, sizeof id.pointer);
    before = block.Hash();
    buffer = static_cast<WSASERVICECLASSINFOW*>(PointerFor(command, "buffer", block.data()));
    length = static_cast<DWORD*>(PointerFor(command, "length", &told));
    told = claimed;
  }
  void Run(Step& step, Table* table, GUID* provider) {
    step.Call(table != nullptr ? "NSPGetServiceClassInfo" : "WSAGetServiceClassInfoW", [&] {
      return table != nullptr ? table->routine()->NSPGetServiceClassInfo(provider, length, buffer)
                              : WSAGetServiceClassInfoW(provider, id.pointer, length, buffer);
    });
  }
  bool Unchanged() const { return block.Hash() == before; }

  DWORD claimed;
  Block block;
  ClassId id;
  DWORD told = 0;
  DWORD* length;
  WSASERVICECLASSINFOW* buffer;
  uint64_t before;
};

// getclassinfo class= size= [claim=] [misalign=] [edge=1] [buffer=@...] [length=@...]
void GetClassInfo(Step& step) {
  const Command& command = step.command;
  const std::shared_ptr<Table> table = TableFor(command);
  ProviderId provider(command, table.get());
  InfoCall call(command, static_cast<size_t>(command.Number("size", 4096)));
  call.Run(step, table.get(), provider.pointer);
  step.data.Set("length", static_cast<uint64_t>(call.told))
      .Set("guardsIntact", call.block.GuardsIntact())
      .Set("untouched", call.Unchanged())
      .Set("written", call.block.WrittenEnd());
  if (step.ret == 0 && call.buffer == reinterpret_cast<void*>(call.block.data())) {
    step.data.Set("info", DescribeClass(call.block.data(), call.claimed));
  }
}

// sweepclassinfo class= [most=N]: every size from 0 on until the call says something else than
// WSAEFAULT; the step's result and error are those of the last call.
void SweepClassInfo(Step& step) {
  const Command& command = step.command;
  const std::shared_ptr<Table> table = TableFor(command);
  ProviderId provider(command, table.get());
  const uint64_t most = command.Number("most", 4096);
  std::set<DWORD> needs;
  bool guards = true;
  bool untouched = true;
  size_t size = 0;
  for (; size <= most; ++size) {
    InfoCall call(command, size);
    call.Run(step, table.get(), provider.pointer);
    guards = guards && call.block.GuardsIntact();
    if (step.ret == 0 || step.err != WSAEFAULT) break;
    untouched = untouched && call.Unchanged();
    // Below the structure's own size no provider can know more than that it is too small.
    if (size >= sizeof(WSASERVICECLASSINFOW)) needs.insert(call.told);
  }
  JsonArray list;
  for (const DWORD need : needs)
    list.Add(std::to_string(need));
  step.data.Set("size", size)
      .Set("guardsIntact", guards)
      .Set("untouched", untouched)
      .Raw("needs", list.Array());
}

// getclassname class= size=CHARACTERS [length=@...] [buffer=@...]: ws2 mode only.
void GetClassName(Step& step) {
  const Command& command = step.command;
  const ClassId id(command);
  auto told = static_cast<DWORD>(command.Number("size", 256));
  Block block(told * sizeof(wchar_t), 0xab);
  auto* const name = static_cast<wchar_t*>(PointerFor(command, "buffer", block.data()));
  auto* const length = static_cast<DWORD*>(PointerFor(command, "length", &told));
  step.Call("WSAGetServiceClassNameByClassIdW",
            [&] { return WSAGetServiceClassNameByClassIdW(id.pointer, name, length); });
  step.data.Set("length", static_cast<uint64_t>(told))
      .Set("guardsIntact", block.GuardsIntact())
      .Set("written", block.WrittenEnd());
  if (step.ret != 0 || name != reinterpret_cast<void*>(block.data())) return;
  const size_t room = block.size() / sizeof(wchar_t);
  const size_t end = std::find(name, name + room, L'\0') - name;
  step.data.Set("terminated", end < room).Set("name", std::wstring(name, end));
}

}  // namespace

void AddServiceClassVerbs() {
  AddVerb("installclass", InstallClass);
  AddVerb("removeclass", RemoveClass);
  AddVerb("getclassinfo", GetClassInfo);
  AddVerb("sweepclassinfo", SweepClassInfo);
  AddVerb("getclassname", GetClassName);
}

}  // namespace client
