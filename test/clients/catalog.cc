// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The verbs of the namespace catalog: wsastartup, wsacleanup, install, uninstall, enable, order,
// enum. bits=32 takes the ...32 form, which only a 64-bit ws2_32 has; it is looked up by name.
#include "objects.h"

namespace client {
namespace {

constexpr DWORD kMissing = ERROR_PROC_NOT_FOUND;

// The function by name, so that a client also starts where the ...32 forms do not exist.
template <class F>
F Export(const std::string& name) {
  return reinterpret_cast<F>(GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), name.c_str()));
}

// Calls the export, with the suffix 32 if asked; an absent one is reported as last error 127.
template <class F, class... Args>
void CallExport(Step& step, const std::string& plain, F, Args... args) {
  const std::string name = plain + (step.command.Number("bits", 0) == 32 ? "32" : "");
  const F function = Export<F>(name);
  step.Call("", [&] {
    if (function == nullptr) {
      SetLastError(kMissing);
      return -1;
    }
    return static_cast<int>(function(args...));
  });
  step.call = name;
  step.data.Set("missing", function == nullptr);
}

void WsaStartup(Step& step) {
  WSADATA data{};
  const auto version = static_cast<WORD>(step.command.Number("version", 0x0202));
  step.Call("WSAStartup", [&] { return WSAStartup(version, &data); });
  step.data.Set("version", data.wVersion);
}

void WsaCleanup(Step& step) {
  step.Call("WSACleanup", [] { return WSACleanup(); });
}

struct GuidArgument {
  explicit GuidArgument(const Command& command) {
    if (!command.IsSpecial("guid")) value = command.Guid("guid");
    pointer = static_cast<GUID*>(PointerFor(command, "guid", &value));
  }
  GUID value{};
  GUID* pointer;
};

// install id= path= ns= version= guid= ; id and path can be @null.
void Install(Step& step) {
  const Command& command = step.command;
  std::wstring id = command.Wide("id");
  std::wstring path = command.Wide("path");
  GuidArgument guid(command);
  CallExport(step, "WSCInstallNameSpace", &WSCInstallNameSpace,
             static_cast<LPWSTR>(PointerFor(command, "id", id.data())),
             static_cast<LPWSTR>(PointerFor(command, "path", path.data())),
             static_cast<DWORD>(command.Number("ns")),
             static_cast<DWORD>(command.Number("version", 1)), guid.pointer);
}

void Uninstall(Step& step) {
  GuidArgument guid(step.command);
  CallExport(step, "WSCUnInstallNameSpace", &WSCUnInstallNameSpace, guid.pointer);
}

void Enable(Step& step) {
  GuidArgument guid(step.command);
  CallExport(step, "WSCEnableNSProvider", &WSCEnableNSProvider, guid.pointer,
             static_cast<BOOL>(step.command.Flag("on")));
}

// order guids=A,B,C [count=N]: the result is the code itself.
void Order(Step& step) {
  std::vector<GUID> guids;
  if (!step.command.IsSpecial("guids")) {
    for (const std::string& text : Split(step.command.Text("guids", ""), ','))
      guids.push_back(ParseGuid(text));
  }
  const auto count = static_cast<DWORD>(step.command.Number("count", guids.size()));
  CallExport(step, "WSCWriteNameSpaceOrder", &WSCWriteNameSpaceOrder,
             static_cast<GUID*>(PointerFor(step.command, "guids", guids.data())), count);
}

// structuresFirst: all structures lie before all strings, and every string inside the buffer.
template <class Info, class Char>
void DescribeProviders(Step& step, const Block& block, int count) {
  const auto* const infos = reinterpret_cast<const Info*>(block.data());
  const auto* const strings = reinterpret_cast<const uint8_t*>(infos + count);
  bool structures_first = true;
  JsonArray list;
  for (int i = 0; i < count; ++i) {
    const Info& info = infos[i];
    Json entry;
    entry.Set("id", GuidText(info.NSProviderId))
        .Set("namespace", static_cast<uint64_t>(info.dwNameSpace))
        .Set("active", info.fActive != 0)
        .Set("version", static_cast<uint64_t>(info.dwVersion));
    const auto* const at = reinterpret_cast<const uint8_t*>(info.lpszIdentifier);
    if (at < strings || at >= block.data() + block.size()) {
      structures_first = false;
    } else if constexpr (sizeof(Char) == 1) {
      entry.Set("name", FromAnsi(info.lpszIdentifier));
    } else {
      entry.Set("name", std::wstring(info.lpszIdentifier));
    }
    list.Add(entry.Object());
  }
  step.data.Set("structuresFirst", structures_first).Raw("providers", list.Array());
}

// enum [ansi=1] [size=N] [buffer=@null] [length=@null]
void Enumerate(Step& step) {
  const bool ansi = step.command.Flag("ansi");
  auto size = static_cast<DWORD>(step.command.Number("size", 32768));
  Block block(size, 0xab);
  void* const buffer = PointerFor(step.command, "buffer", block.data());
  auto* const length = static_cast<DWORD*>(PointerFor(step.command, "length", &size));
  step.Call(ansi ? "WSAEnumNameSpaceProvidersA" : "WSAEnumNameSpaceProvidersW", [&] {
    return ansi ? WSAEnumNameSpaceProvidersA(length, static_cast<WSANAMESPACE_INFOA*>(buffer))
                : WSAEnumNameSpaceProvidersW(length, static_cast<WSANAMESPACE_INFOW*>(buffer));
  });
  step.data.Set("length", static_cast<uint64_t>(size)).Set("guardsIntact", block.GuardsIntact());
  if (step.ret < 0) return;
  if (ansi) {
    DescribeProviders<WSANAMESPACE_INFOA, char>(step, block, step.ret);
  } else {
    DescribeProviders<WSANAMESPACE_INFOW, wchar_t>(step, block, step.ret);
  }
}

}  // namespace

void AddCatalogVerbs() {
  AddVerb("wsastartup", WsaStartup);
  AddVerb("wsacleanup", WsaCleanup);
  AddVerb("install", Install);
  AddVerb("uninstall", Uninstall);
  AddVerb("enable", Enable);
  AddVerb("order", Order);
  AddVerb("enum", Enumerate);
}

}  // namespace client
