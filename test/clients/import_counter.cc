// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Counts what a DLL calls by rewriting its import address table.
#include "import_counter.h"

#include <atomic>
#include <cstring>
#include <cwchar>
#include <set>
#include <stdexcept>
#include <vector>

#include "worker.h"

namespace client {
namespace {

// One import: counter and target, and the code that uses them.
struct alignas(16) Thunk {
  volatile uintptr_t count;
  uintptr_t target;
  uint8_t code[24];
};

struct Entry {
  std::string name;
  Thunk* thunk;
};

SRWLOCK lock = SRWLOCK_INIT;  // guards the two below
std::vector<Entry>& Entries() {
  static auto* const entries = new std::vector<Entry>;
  return *entries;
}
std::set<HMODULE>& Modules() {
  static auto* const modules = new std::set<HMODULE>;
  return *modules;
}

void Put32(uint8_t* at, uintptr_t value) {
  const auto low = static_cast<uint32_t>(value);
  std::memcpy(at, &low, 4);
}

// lock inc [count]; jmp [target]: no register and no stack is touched, so any signature works.
void WriteCode(Thunk& thunk) {
  uint8_t* const c = thunk.code;
  const auto count = reinterpret_cast<uintptr_t>(&thunk.count);
  const auto target = reinterpret_cast<uintptr_t>(&thunk.target);
  const auto here = reinterpret_cast<uintptr_t>(c);
  if constexpr (kIs64) {
    const uint8_t bytes[] = {0xf0, 0x48, 0xff, 0x05, 0, 0, 0, 0, 0xff, 0x25, 0, 0, 0, 0};
    std::memcpy(c, bytes, sizeof bytes);
    Put32(c + 4, count - (here + 8));
    Put32(c + 10, target - (here + 14));
  } else {
    const uint8_t bytes[] = {0xf0, 0xff, 0x05, 0, 0, 0, 0, 0xff, 0x25, 0, 0, 0, 0};
    std::memcpy(c, bytes, sizeof bytes);
    Put32(c + 3, count);
    Put32(c + 9, target);
  }
}

Thunk* NewThunk() {
  static Thunk* page = nullptr;
  static size_t used = 0;
  constexpr size_t kPerPage = 65536 / sizeof(Thunk);
  if (page == nullptr || used == kPerPage) {
    page = static_cast<Thunk*>(
        VirtualAlloc(nullptr, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE));
    if (page == nullptr) throw std::runtime_error("no executable memory");
    used = 0;
  }
  return page + used++;
}

std::atomic<uint64_t> pipes_opened = 0;
std::atomic<uint64_t> files_opened = 0;

// Only the path tells whether a pipe or a file is opened.
HANDLE WINAPI CountedCreateFile(LPCWSTR path, DWORD access, DWORD share,
                                SECURITY_ATTRIBUTES* security, DWORD disposition, DWORD flags,
                                HANDLE pattern) {
  const bool pipe = path != nullptr && _wcsnicmp(path, L"\\\\.\\pipe\\", 9) == 0;
  ++(pipe ? pipes_opened : files_opened);
  return CreateFileW(path, access, share, security, disposition, flags, pattern);
}

void Redirect(IMAGE_THUNK_DATA& slot, const std::string& name) {
  Thunk* const thunk = NewThunk();
  thunk->count = 0;
  thunk->target = name == "CreateFileW" ? reinterpret_cast<uintptr_t>(CountedCreateFile)
                                        : static_cast<uintptr_t>(slot.u1.Function);
  WriteCode(*thunk);
  DWORD before = 0;
  VirtualProtect(&slot, sizeof slot, PAGE_READWRITE, &before);
  slot.u1.Function = reinterpret_cast<uintptr_t>(thunk->code);
  VirtualProtect(&slot, sizeof slot, before, &before);
  Entries().push_back({name, thunk});
}

}  // namespace

size_t CountImports(HMODULE module) {
  Lock guard(lock);
  if (!Modules().insert(module).second) return 0;
  auto* const base = reinterpret_cast<uint8_t*>(module);
  const auto* const dos = reinterpret_cast<const IMAGE_DOS_HEADER*>(base);
  const auto* const nt = reinterpret_cast<const IMAGE_NT_HEADERS*>(base + dos->e_lfanew);
  const auto& directory = nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
  if (directory.Size == 0) return 0;
  size_t count = 0;
  auto* library = reinterpret_cast<IMAGE_IMPORT_DESCRIPTOR*>(base + directory.VirtualAddress);
  for (; library->Name != 0; ++library) {
    const DWORD names = library->OriginalFirstThunk;
    if (names == 0) continue;
    auto* name = reinterpret_cast<IMAGE_THUNK_DATA*>(base + names);
    auto* slot = reinterpret_cast<IMAGE_THUNK_DATA*>(base + library->FirstThunk);
    for (; name->u1.AddressOfData != 0; ++name, ++slot) {
      if (IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal)) continue;
      const auto* const by_name =
          reinterpret_cast<const IMAGE_IMPORT_BY_NAME*>(base + name->u1.AddressOfData);
      // Data imports of the C runtime (such as _iob) must not become code: only system calls count.
      const std::string from = reinterpret_cast<const char*>(base + library->Name);
      if (_stricmp(from.c_str(), "msvcrt.dll") == 0) continue;
      Redirect(*slot, reinterpret_cast<const char*>(by_name->Name));
      ++count;
    }
  }
  return count;
}

std::map<std::string, uint64_t> ImportCounts(bool reset) {
  Lock guard(lock);
  std::map<std::string, uint64_t> counts;
  for (const Entry& entry : Entries()) {
    if (entry.thunk->count == 0) continue;
    counts[entry.name] += entry.thunk->count;
    if (reset) entry.thunk->count = 0;
  }
  if (pipes_opened != 0) counts["CreateFileW:pipe"] = pipes_opened;
  if (files_opened != 0) counts["CreateFileW:file"] = files_opened;
  if (reset) pipes_opened = files_opened = 0;
  return counts;
}

}  // namespace client
