// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See import_counter.h.
#include "import_counter.h"

#include <cstring>
#include <deque>
#include <set>

namespace bench {
namespace {

#if defined(__x86_64__) || defined(_M_X64)
constexpr bool kSupported = true;
#else
constexpr bool kSupported = false;
#endif

// lock inc qword [rip + count]; jmp [rip + target]. Data and code in one place, so that the
// distances are constants.
struct alignas(16) Piece {
  uint64_t count;
  uint64_t target;
  uint8_t code[16];
};
constexpr uint8_t kCode[] = {0xf0, 0x48, 0xff, 0x05, 0xe8, 0xff, 0xff,
                             0xff, 0xff, 0x25, 0xea, 0xff, 0xff, 0xff};
static_assert(sizeof(kCode) <= sizeof(Piece::code));
// The next instruction less the distance is where the operand lies.
static_assert(16 + 8 - 24 == 0 && 16 + 14 - 22 == 8);

struct Import {
  std::string name;
  const Piece* piece;
};

std::deque<Import>& Imports() {
  static std::deque<Import> imports;
  return imports;
}

Piece* NewPiece() {
  constexpr size_t kBytes = 65536;
  static Piece* page = nullptr;
  static size_t used = 0;
  if (page == nullptr || used == kBytes / sizeof(Piece)) {
    page = static_cast<Piece*>(
        VirtualAlloc(nullptr, kBytes, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE));
    used = 0;
  }
  return page == nullptr ? nullptr : page + used++;
}

void Redirect(IMAGE_THUNK_DATA* slot, const char* name) {
  Piece* const piece = NewPiece();
  if (piece == nullptr) return;
  piece->count = 0;
  piece->target = slot->u1.Function;
  std::memcpy(piece->code, kCode, sizeof kCode);
  DWORD before = 0;
  VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &before);
  slot->u1.Function = reinterpret_cast<uintptr_t>(piece->code);
  VirtualProtect(slot, sizeof *slot, before, &before);
  Imports().push_back({name, piece});
}

}  // namespace

bool CountImports(HMODULE module) {
  static std::set<HMODULE> done;
  if (!kSupported || module == nullptr) return false;
  if (!done.insert(module).second) return true;
  auto* const base = reinterpret_cast<uint8_t*>(module);
  const auto* const dos = reinterpret_cast<const IMAGE_DOS_HEADER*>(base);
  const auto* const nt = reinterpret_cast<const IMAGE_NT_HEADERS*>(base + dos->e_lfanew);
  const auto& directory = nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
  if (directory.Size == 0) return true;
  const auto* library =
      reinterpret_cast<const IMAGE_IMPORT_DESCRIPTOR*>(base + directory.VirtualAddress);
  for (; library->Name != 0; ++library) {
    // The C runtime exports data too, and makes no trips of its own.
    if (_stricmp(reinterpret_cast<const char*>(base + library->Name), "msvcrt.dll") == 0) continue;
    if (library->OriginalFirstThunk == 0) continue;
    auto* name = reinterpret_cast<IMAGE_THUNK_DATA*>(base + library->OriginalFirstThunk);
    auto* slot = reinterpret_cast<IMAGE_THUNK_DATA*>(base + library->FirstThunk);
    for (; name->u1.AddressOfData != 0; ++name, ++slot) {
      if (IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal)) continue;
      const auto* const by_name =
          reinterpret_cast<const IMAGE_IMPORT_BY_NAME*>(base + name->u1.AddressOfData);
      Redirect(slot, reinterpret_cast<const char*>(by_name->Name));
    }
  }
  return true;
}

std::map<std::string, uint64_t> ImportCounts() {
  std::map<std::string, uint64_t> counts;
  for (const Import& import : Imports()) {
    const uint64_t count = *const_cast<const volatile uint64_t*>(&import.piece->count);
    if (count != 0) counts[import.name] += count;
  }
  return counts;
}

}  // namespace bench
