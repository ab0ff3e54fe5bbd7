// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Table mode: loads a provider DLL as ws2_32 would, and calls NSPStartup and NSPCleanup directly.
#include <cstring>

#include "objects.h"

namespace client {
namespace {

// load path= [name=p]: LoadLibrary and GetProcAddress of the undecorated NSPStartup.
void Load(Step& step) {
  const std::wstring path = step.command.Wide("path");
  HMODULE handle = nullptr;
  step.Call("LoadLibraryW", [&] {
    handle = LoadLibraryW(path.c_str());
    return handle == nullptr ? -1 : 0;
  });
  if (handle == nullptr) return;
  step.data.Set("found", GetProcAddress(handle, "NSPStartup") != nullptr);
  TheWorld().modules.Put(step.command.Text("name", "p"),
                         std::make_shared<Module>(Module{handle, path}));
}

// free [name=p]: FreeLibrary; data.loaded tells whether the DLL is still there.
void Free(Step& step) {
  const std::shared_ptr<Module> module = TheWorld().modules.Take(step.command.Text("name", "p"));
  step.Call("FreeLibrary", [&] { return FreeLibrary(module->handle) ? 0 : -1; });
  wchar_t path[MAX_PATH];
  HMODULE still = nullptr;
  const bool loaded = GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                             GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                                         reinterpret_cast<LPCWSTR>(module->handle), &still) &&
                      GetModuleFileNameW(still, path, MAX_PATH) > 0;
  step.data.Set("loaded", loaded);
}

// Which of the nine entries, in the table's order, are not what the block was filled with.
std::string Pointers(const Block& block, uint8_t fill) {
  constexpr size_t kFirst = offsetof(NSP_ROUTINE, NSPCleanup);
  uintptr_t junk;
  std::memset(&junk, fill, sizeof junk);
  std::string flags;
  for (size_t at = kFirst; at < sizeof(NSP_ROUTINE); at += sizeof(void*)) {
    uintptr_t value;
    std::memcpy(&value, block.data() + at, sizeof value);
    flags += value == junk || value == 0 ? '0' : '1';
  }
  return flags;
}

// startup guid=GUID|@null [provider=p] [cbsize=N] [fill=0] [table=@null|@readonly|@unmapped]
// [name=last]: the table is the start of a 256 byte block that holds `fill`.
void Startup(Step& step) {
  const Command& command = step.command;
  const std::shared_ptr<Module> module = TheWorld().modules.Get(command.Text("from", "p"));
  const auto startup = reinterpret_cast<LPNSPSTARTUP>(GetProcAddress(module->handle, "NSPStartup"));
  if (startup == nullptr) throw std::runtime_error("the DLL has no NSPStartup");
  const auto fill = static_cast<uint8_t>(command.Number("fill", 0));
  auto table = std::make_shared<Table>();
  table->memory = std::make_shared<Block>(256, fill);
  auto size = static_cast<DWORD>(command.Number("cbsize", sizeof(NSP_ROUTINE)));
  table->routine()->cbSize = size;
  if (!command.IsSpecial("guid")) table->provider = command.Guid("guid");
  auto* const guid = static_cast<GUID*>(PointerFor(command, "guid", &table->provider));
  auto* const target =
      static_cast<NSP_ROUTINE*>(PointerFor(command, "table", table->memory->data()));
  step.Call("NSPStartup", [&] { return startup(guid, target); });
  const NSP_ROUTINE& filled = *table->routine();
  // Everything behind cbSize still holds the fill if nothing was written at all.
  bool touched = filled.cbSize != size;
  for (size_t i = sizeof(DWORD); i < 256; ++i)
    touched |= table->memory->data()[i] != fill;
  step.data.Set("cbSize", static_cast<uint64_t>(filled.cbSize))
      .Set("major", static_cast<uint64_t>(filled.dwMajorVersion))
      .Set("minor", static_cast<uint64_t>(filled.dwMinorVersion))
      .Set("pointers", Pointers(*table->memory, fill))
      .Set("written", table->memory->WrittenEnd())
      .Set("touched", touched)
      .Set("guardsIntact", table->memory->GuardsIntact());
  if (step.ret != 0) return;
  TheWorld().tables.Put(command.Text("name", "last"), table);
  TheWorld().tables.Put("last", table);
}

// cleanup [table=NAME] [guid=GUID|@null|@unmapped]
void Cleanup(Step& step) {
  const Command& command = step.command;
  const std::shared_ptr<Table> table = TableFor(command);
  if (!table) throw std::runtime_error("only in table mode");
  GUID guid = table->provider;
  if (command.Has("guid") && !command.IsSpecial("guid")) guid = command.Guid("guid");
  auto* const pointer = static_cast<GUID*>(PointerFor(command, "guid", &guid));
  step.Call("NSPCleanup", [&] { return table->routine()->NSPCleanup(pointer); });
}

// The names in a loaded DLL's export directory, in its order.
JsonArray ExportNames(HMODULE module) {
  const auto* const base = reinterpret_cast<const uint8_t*>(module);
  const auto* const dos = reinterpret_cast<const IMAGE_DOS_HEADER*>(base);
  const auto* const nt = reinterpret_cast<const IMAGE_NT_HEADERS*>(base + dos->e_lfanew);
  const auto& directory = nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
  JsonArray names;
  if (directory.Size == 0) return names;
  const auto* const exports =
      reinterpret_cast<const IMAGE_EXPORT_DIRECTORY*>(base + directory.VirtualAddress);
  const auto* const list = reinterpret_cast<const DWORD*>(base + exports->AddressOfNames);
  for (DWORD i = 0; i < exports->NumberOfNames; ++i) {
    names.Add(JsonText(reinterpret_cast<const char*>(base + list[i])));
  }
  return names;
}

void Exports(Step& step) {
  const std::shared_ptr<Module> module = TheWorld().modules.Get(step.command.Text("from", "p"));
  step.data.Raw("names", ExportNames(module->handle).Array());
}

}  // namespace

void AddTableVerbs() {
  AddVerb("load", Load);
  AddVerb("free", Free);
  AddVerb("startup", Startup);
  AddVerb("cleanup", Cleanup);
  AddVerb("exports", Exports);
}

}  // namespace client
