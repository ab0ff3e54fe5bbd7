// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Everything a test can name: lookups, provider tables, events, overlapped structures, ports,
// buffers, windows, threads and steps that still run.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "memory.h"
#include "step.h"
#include "worker.h"

namespace client {

template <class T>
class Named {
 public:
  std::shared_ptr<T> Find(const std::string& name) {
    Lock lock(lock_);
    const auto it = items_.find(name);
    return it == items_.end() ? nullptr : it->second;
  }
  // Throws if there is none of that name.
  std::shared_ptr<T> Get(const std::string& name) {
    std::shared_ptr<T> item = Find(name);
    if (!item) throw std::runtime_error("no such name: " + name);
    return item;
  }
  void Put(const std::string& name, std::shared_ptr<T> item) {
    std::shared_ptr<T> old;  // destroyed after the lock is released
    Lock lock(lock_);
    old.swap(items_[name]);
    items_[name] = std::move(item);
  }
  std::shared_ptr<T> Take(const std::string& name) {
    std::shared_ptr<T> item = Get(name);
    Lock lock(lock_);
    items_.erase(name);
    return item;
  }
  template <class F>
  std::string NameWhere(F matches) {
    Lock lock(lock_);
    for (const auto& [name, item] : items_) {
      if (matches(*item)) return name;
    }
    return {};
  }

 private:
  SRWLOCK lock_ = SRWLOCK_INIT;
  std::map<std::string, std::shared_ptr<T>> items_;
};

struct Module {
  HMODULE handle;
  std::wstring path;
};

// What NSPStartup filled, kept alive because calls go through it.
struct Table {
  std::shared_ptr<Block> memory;
  GUID provider;
  NSP_ROUTINE* routine() const { return reinterpret_cast<NSP_ROUTINE*>(memory->data()); }
};

// A lookup handle and the table it came from; without one it belongs to ws2_32.
struct Lookup {
  HANDLE value;
  std::shared_ptr<Table> table;
};

struct Handle {
  HANDLE value;
};

struct Overlapped {
  std::shared_ptr<Block> block;
  OVERLAPPED* get() const { return reinterpret_cast<OVERLAPPED*>(block->data()); }
};

struct Window {
  HWND handle;
};

// A step that runs on another thread.
struct Task {
  explicit Task(Command command)
      : step(std::move(command)), done(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}
  ~Task() { CloseHandle(done); }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  Step step;
  HANDLE done;
};

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

struct World {
  bool table_mode = false;
  Named<Module> modules;
  Named<Table> tables;
  Named<Lookup> lookups;
  Named<Handle> events;
  Named<Handle> ports;
  Named<Overlapped> overlapped;
  Named<Block> buffers;
  Named<Window> windows;
  Named<Worker> workers;
  Named<Task> tasks;
};

// Lives as long as the process: threads may still use it at exit.
World& TheWorld();
// h=NAME or h=0x1234 (junk) or @null; the table is that of the name, else that of table=.
Lookup LookupFor(const Command& command);
// table=NAME, or the one last started; null in ws2 mode.
std::shared_ptr<Table> TableFor(const Command& command);
// event=NAME, a number, @null; nullptr if the key is missing.
HANDLE HandleFor(const Command& command, const char* key, Named<Handle>& names);
// The name of the overlapped structure at that address, or its address.
std::string OverlappedName(const void* address);

}  // namespace client
