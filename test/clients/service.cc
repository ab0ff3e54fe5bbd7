// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The verbs setservice, installclass, removeclass, getclassinfo and getclassname, in both modes.
#include <cstring>

#include "objects.h"
#include "query.h"

namespace client {
namespace {

// Provider id of table mode: guid=, else the table's.
struct ProviderId {
  ProviderId(const Command& command, const Table* table) {
    if (table != nullptr) value = table->provider;
    if (command.Has("guid") && !command.IsSpecial("guid")) value = command.Guid("guid");
    pointer = static_cast<GUID*>(PointerFor(command, "guid", &value));
  }
  GUID value{};
  GUID* pointer;
};

// class= classname= prop=NAME prop-ns= prop-type= prop-value=HEX; info=@null replaces it all.
struct ClassDescription {
  explicit ClassDescription(const Command& command) {
    if (command.Has("class")) id = command.Guid("class");
    name = command.Has("classname") ? command.Wide("classname") : L"";
    info.lpServiceClassId =
        command.Has("class") ? &id : static_cast<GUID*>(PointerFor(command, "classid", nullptr));
    info.lpszServiceClassName = command.Has("classname") ? name.data() : nullptr;
    if (command.Has("prop")) {
      property = command.Wide("prop");
      value = command.Bytes("prop-value");
      entry.lpszName = property.data();
      entry.dwNameSpace = static_cast<DWORD>(command.Number("prop-ns", NS_DNS));
      entry.dwValueType = static_cast<DWORD>(command.Number("prop-type", REG_DWORD));
      entry.dwValueSize = static_cast<DWORD>(value.size());
      entry.lpValue = value.data();
      info.dwCount = 1;
      info.lpClassInfos = &entry;
    }
    pointer = static_cast<WSASERVICECLASSINFOW*>(PointerFor(command, "info", &info));
  }
  GUID id{};
  std::wstring name;
  std::wstring property;
  std::vector<uint8_t> value;
  WSANSCLASSINFOW entry{};
  WSASERVICECLASSINFOW info{};
  WSASERVICECLASSINFOW* pointer;
};

// setservice op=0|1|2 flags= and the query's keys.
void SetService(Step& step) {
  const Command& command = step.command;
  const std::shared_ptr<Table> table = TableFor(command);
  const bool ansi = command.Flag("ansi");
  Query query(command, ansi);
  ProviderId provider(command, table.get());
  const auto operation = static_cast<WSAESETSERVICEOP>(command.Number("op", 0));
  const auto flags = static_cast<DWORD>(command.Number("flags", 0));
  step.Call(table  ? "NSPSetService"
            : ansi ? "WSASetServiceA"
                   : "WSASetServiceW",
            [&] {
              if (table) {
                return table->routine()->NSPSetService(provider.pointer, nullptr,
                                                       static_cast<WSAQUERYSETW*>(query.get()),
                                                       operation, flags);
              }
              if (ansi)
                return WSASetServiceA(static_cast<WSAQUERYSETA*>(query.get()), operation, flags);
              return WSASetServiceW(static_cast<WSAQUERYSETW*>(query.get()), operation, flags);
            });
  step.data.Set("queryUnchanged", query.Unchanged());
  query.Discard();
}

void InstallClass(Step& step) {
  const std::shared_ptr<Table> table = TableFor(step.command);
  ProviderId provider(step.command, table.get());
  ClassDescription description(step.command);
  step.Call(table ? "NSPInstallServiceClass" : "WSAInstallServiceClassW", [&] {
    return table ? table->routine()->NSPInstallServiceClass(provider.pointer, description.pointer)
                 : WSAInstallServiceClassW(description.pointer);
  });
}

void RemoveClass(Step& step) {
  const std::shared_ptr<Table> table = TableFor(step.command);
  ProviderId provider(step.command, table.get());
  GUID id{};
  if (step.command.Has("class") && !step.command.IsSpecial("class")) {
    id = step.command.Guid("class");
  }
  auto* const pointer = static_cast<GUID*>(PointerFor(step.command, "class", &id));
  step.Call(table ? "NSPRemoveServiceClass" : "WSARemoveServiceClass", [&] {
    return table ? table->routine()->NSPRemoveServiceClass(provider.pointer, pointer)
                 : WSARemoveServiceClass(pointer);
  });
}

Json DescribeClass(const Block& block) {
  Json out;
  const auto* const info = reinterpret_cast<const WSASERVICECLASSINFOW*>(block.data());
  const auto inside = [&](const void* p, size_t bytes) {
    const auto* const at = static_cast<const uint8_t*>(p);
    return at >= block.data() && at + bytes <= block.data() + block.size();
  };
  out.Set("idInside", inside(info->lpServiceClassId, sizeof(GUID)));
  if (inside(info->lpServiceClassId, sizeof(GUID))) {
    out.Set("class", GuidText(*info->lpServiceClassId));
  }
  out.Set("count", static_cast<uint64_t>(info->dwCount));
  if (inside(info->lpszServiceClassName, 2)) {
    out.Set("name", std::wstring(info->lpszServiceClassName));
  }
  JsonArray list;
  for (DWORD i = 0; i < info->dwCount && inside(info->lpClassInfos + i, sizeof(WSANSCLASSINFOW));
       ++i) {
    const WSANSCLASSINFOW& entry = info->lpClassInfos[i];
    Json item;
    if (inside(entry.lpszName, 2)) item.Set("name", std::wstring(entry.lpszName));
    item.Set("namespace", static_cast<uint64_t>(entry.dwNameSpace))
        .Set("type", static_cast<uint64_t>(entry.dwValueType));
    if (inside(entry.lpValue, entry.dwValueSize)) {
      item.Set("value", ToHex(entry.lpValue, entry.dwValueSize));
    }
    list.Add(item.Object());
  }
  return out.Raw("properties", list.Array());
}

// getclassinfo class= size=
void GetClassInfo(Step& step) {
  const Command& command = step.command;
  const std::shared_ptr<Table> table = TableFor(command);
  ProviderId provider(command, table.get());
  auto size = static_cast<DWORD>(command.Number("size", 4096));
  Block block(size < sizeof(WSASERVICECLASSINFOW) ? sizeof(WSASERVICECLASSINFOW) : size, 0xab);
  GUID id{};
  if (command.Has("class")) id = command.Guid("class");
  reinterpret_cast<WSASERVICECLASSINFOW*>(block.data())->lpServiceClassId =
      command.Has("class") ? &id : nullptr;
  auto* const buffer =
      static_cast<WSASERVICECLASSINFOW*>(PointerFor(command, "buffer", block.data()));
  auto* const length = static_cast<DWORD*>(PointerFor(command, "length", &size));
  step.Call(table ? "NSPGetServiceClassInfo" : "WSAGetServiceClassInfoW", [&] {
    return table ? table->routine()->NSPGetServiceClassInfo(provider.pointer, length, buffer)
                 : WSAGetServiceClassInfoW(provider.pointer, &id, length, buffer);
  });
  step.data.Set("length", static_cast<uint64_t>(size)).Set("guardsIntact", block.GuardsIntact());
  if (step.ret == 0) step.data.Set("info", DescribeClass(block));
}

// getclassname class= size=CHARACTERS: ws2 mode only.
void GetClassName(Step& step) {
  GUID id = step.command.Guid("class");
  auto length = static_cast<DWORD>(step.command.Number("size", 256));
  Block block(length * sizeof(wchar_t), 0xab);
  auto* const name = reinterpret_cast<wchar_t*>(block.data());
  step.Call("WSAGetServiceClassNameByClassIdW",
            [&] { return WSAGetServiceClassNameByClassIdW(&id, name, &length); });
  step.data.Set("length", static_cast<uint64_t>(length));
  if (step.ret == 0) step.data.Set("name", std::wstring(name));
}

}  // namespace

void AddServiceVerbs() {
  AddVerb("setservice", SetService);
  AddVerb("installclass", InstallClass);
  AddVerb("removeclass", RemoveClass);
  AddVerb("getclassinfo", GetClassInfo);
  AddVerb("getclassname", GetClassName);
}

}  // namespace client
