// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The verbs begin, next, end and drain, in both modes.
#include <cstring>
#include <set>

#include "calls.h"
#include "query.h"
#include "result.h"

namespace client {
namespace {

constexpr uintptr_t kSentinel = 0x5a5a5a5a;

// Schema of the class, as a dispatcher that knows it would pass: classinfo=@null | partial | full.
class ClassInfo {
 public:
  explicit ClassInfo(const Command& command) {
    const std::string kind = command.Text("classinfo", "null");
    if (kind == "null") return;
    if (command.IsSpecial("classinfo")) {
      pointer_ = static_cast<WSASERVICECLASSINFOW*>(PointerFor(command, "classinfo", nullptr));
      return;
    }
    if (command.Has("class")) id_ = command.Guid("class");
    info_.lpServiceClassId = &id_;
    if (kind == "full") {
      info_.lpszServiceClassName = name_;
      value_ = {property_, NS_DNS, REG_DWORD, sizeof port_, &port_};
      info_.dwCount = 1;
      info_.lpClassInfos = &value_;
    }
    pointer_ = &info_;
  }
  WSASERVICECLASSINFOW* get() { return pointer_; }

 private:
  GUID id_{};
  wchar_t name_[16] = L"a test class";
  wchar_t property_[8] = L"TcpPort";
  DWORD port_ = 80;
  WSANSCLASSINFOW value_{};
  WSASERVICECLASSINFOW info_{};
  WSASERVICECLASSINFOW* pointer_ = nullptr;
};

// begin h=NAME flags= ... : see query.h for the query; guid= the provider id of table mode;
// hout=@null|@unmapped|@readonly replaces lphLookup; discard=1 takes the query away afterwards.
void Begin(Step& step) {
  const Command& command = step.command;
  const std::shared_ptr<Table> table = TableFor(command);
  const bool ansi = command.Flag("ansi");
  Query query(command, ansi);
  ClassInfo info(command);
  GUID guid = table ? table->provider : GUID{};
  if (command.Has("guid") && !command.IsSpecial("guid")) guid = command.Guid("guid");
  HANDLE handle = reinterpret_cast<HANDLE>(kSentinel);
  auto* const out = static_cast<HANDLE*>(PointerFor(command, "hout", &handle));
  const BeginArguments arguments{static_cast<GUID*>(PointerFor(command, "guid", &guid)),
                                 query.get(), info.get(),
                                 static_cast<DWORD>(command.Number("flags", LUP_RETURN_ALL)), ansi};
  step.Call(table  ? "NSPLookupServiceBegin"
            : ansi ? "WSALookupServiceBeginA"
                   : "WSALookupServiceBeginW",
            [&] { return CallBegin(table.get(), arguments, out); });
  step.data.Set("handle", HexNumber(reinterpret_cast<uintptr_t>(handle)))
      .Set("handleTouched", handle != reinterpret_cast<HANDLE>(kSentinel))
      .Set("queryUnchanged", query.Unchanged());
  if (command.Flag("discard")) {
    query.Discard();
  } else {
    query.Keep();
  }
  if (step.ret == 0) {
    TheWorld().lookups.Put(command.Text("h", "last"),
                           std::make_shared<Lookup>(Lookup{handle, table}));
  }
}

// next h=NAME flags= size= [claim=N] [misalign=N] [edge=1] [buffer=@null|@unmapped|@readonly]
// [length=@null...]: size bytes of memory, of which the call is told (claim=).
void Next(Step& step) {
  const Command& command = step.command;
  const Lookup lookup = LookupFor(command);
  const bool ansi = command.Flag("ansi");
  const auto size = static_cast<DWORD>(command.Number("size", 8192));
  Block block(size, 0xab, command.Number("misalign", 0), command.Flag("edge"));
  void* const buffer = PointerFor(command, "buffer", block.data());
  const auto claimed = static_cast<DWORD>(command.Number("claim", size));
  DWORD length = claimed;
  auto* const length_pointer = static_cast<DWORD*>(PointerFor(command, "length", &length));
  const auto flags = static_cast<DWORD>(command.Number("flags", LUP_RETURN_ALL));
  step.Call(lookup.table ? "NSPLookupServiceNext"
            : ansi       ? "WSALookupServiceNextA"
                         : "WSALookupServiceNextW",
            [&] {
              return CallNext(lookup.table.get(), lookup.value, flags, length_pointer, buffer,
                              ansi);
            });
  step.data.Set("length", static_cast<uint64_t>(length))
      .Set("given", static_cast<uint64_t>(claimed))
      .Set("guardsIntact", block.GuardsIntact())
      .Set("written", block.WrittenEnd());
  if (step.ret == 0 && buffer == block.data()) {
    step.data.Set("result", DescribeResult(block.data(), claimed, ansi));
  }
}

// sweepnext h=NAME flags= [misalign=] [edge=1] [most=N]: every size from 0 on until the call says
// something else than WSAEFAULT; the step's result and error are those of the last call.
void SweepNext(Step& step) {
  const Command& command = step.command;
  const Lookup lookup = LookupFor(command);
  const auto flags = static_cast<DWORD>(command.Number("flags", LUP_RETURN_ALL));
  const uint64_t most = command.Number("most", 8192);
  std::set<DWORD> needs;
  bool guards = true;
  bool untouched = true;
  size_t size = 0;
  for (; size <= most; ++size) {
    Block block(size, 0xab, command.Number("misalign", 0), command.Flag("edge"));
    auto length = static_cast<DWORD>(size);
    step.Call(lookup.table ? "NSPLookupServiceNext" : "WSALookupServiceNextW", [&] {
      return CallNext(lookup.table.get(), lookup.value, flags, &length, block.data(), false);
    });
    guards = guards && block.GuardsIntact();
    if (step.ret == 0) step.data.Set("result", DescribeResult(block.data(), size, false));
    if (step.ret == 0 || step.err != WSAEFAULT) break;
    untouched = untouched && block.WrittenEnd() == 0;
    needs.insert(length);
  }
  JsonArray list;
  for (const DWORD need : needs)
    list.Add(std::to_string(need));
  step.data.Set("size", size)
      .Set("guardsIntact", guards)
      .Set("untouched", untouched)
      .Raw("needs", list.Array());
}

void End(Step& step) {
  const Lookup lookup = LookupFor(step.command);
  step.Call(lookup.table ? "NSPLookupServiceEnd" : "WSALookupServiceEnd",
            [&] { return CallEnd(lookup.table.get(), lookup.value); });
}

// drain h=NAME flags= size=: Next until something other than a result or a short buffer comes;
// grows the buffer as told. The step's result and error are those of the last call.
void Drain(Step& step) {
  const Command& command = step.command;
  const Lookup lookup = LookupFor(command);
  const bool ansi = command.Flag("ansi");
  const auto flags = static_cast<DWORD>(command.Number("flags", LUP_RETURN_ALL));
  auto size = static_cast<DWORD>(command.Number("size", 8192));
  JsonArray results;
  uint64_t calls = 0;
  uint64_t grown = 0;
  const uint64_t most = command.Number("most", 100000);
  while (calls < most) {
    Block block(size, 0xab);
    DWORD length = size;
    ++calls;
    step.Call(lookup.table ? "NSPLookupServiceNext" : "WSALookupServiceNextW", [&] {
      return CallNext(lookup.table.get(), lookup.value, flags, &length, block.data(), ansi);
    });
    if (step.ret == 0) {
      results.Add(DescribeResult(block.data(), size, ansi).Object());
    } else if (step.err == WSAEFAULT && length > size) {
      size = length;
      ++grown;
    } else {
      break;
    }
  }
  step.data.Set("calls", calls).Set("grown", grown).Raw("results", results.Array());
}

}  // namespace

void AddLookupVerbs() {
  AddVerb("begin", Begin);
  AddVerb("next", Next);
  AddVerb("end", End);
  AddVerb("drain", Drain);
  AddVerb("sweepnext", SweepNext);
}

}  // namespace client
