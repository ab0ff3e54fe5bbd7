// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Everything a test can name.
#include "objects.h"

namespace client {

World& TheWorld() {
  static World* const world = new World;
  return *world;
}

std::shared_ptr<Table> TableFor(const Command& command) {
  if (!TheWorld().table_mode) return nullptr;
  return TheWorld().tables.Get(command.Text("table", "last"));
}

Lookup LookupFor(const Command& command) {
  const std::string name = command.Text("h");
  if (command.IsSpecial("h", "null")) return {nullptr, TableFor(command)};
  if (name.starts_with("0x")) {
    const auto value = static_cast<uintptr_t>(ParseNumber(name));
    return {reinterpret_cast<HANDLE>(value), TableFor(command)};
  }
  return *TheWorld().lookups.Get(name);
}

HANDLE HandleFor(const Command& command, const char* key, Named<Handle>& names) {
  if (!command.Has(key) || command.IsSpecial(key, "null")) return nullptr;
  const std::string name = command.Text(key);
  if (name.starts_with("0x")) {
    return reinterpret_cast<HANDLE>(static_cast<uintptr_t>(ParseNumber(name)));
  }
  return names.Get(name)->value;
}

std::string OverlappedName(const void* address) {
  const std::string name = TheWorld().overlapped.NameWhere(
      [address](const Overlapped& item) { return item.get() == address; });
  return name.empty() ? HexNumber(reinterpret_cast<uintptr_t>(address)) : name;
}

}  // namespace client
