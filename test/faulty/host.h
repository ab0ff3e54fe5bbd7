// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the parts of faulty-host.exe know of each other: the records, the behaviour that a test has
// set for each name and code, and the control file.
#pragma once

#include <winsock2.h>
#include <windows.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "bytes.h"
#include "control.h"
#include "record.h"
#include "sync.h"

namespace faulty {

using Arguments = std::map<std::string, std::string>;

struct HostRecord {
  Record record;
  int entry_mask = 15;  // bit by entry index
};

// How the handler of one name or code behaves.
struct Behaviour {
  bool hold = false;
  bool never = false;
  bool broken = false;  // throws, or yields nonsense: both are onFailure
  uint32_t code = 0;    // the Winsock code it fails with
  int waiting = 0;
  int aborted = 0;
  uint32_t releases = 0;
};

// What a client asks.
struct Question {
  Op op;
  int entry;
  DWORD client;
  DWORD ms;
  DWORD flags;
  bool has_name;
  std::wstring name;
  std::wstring key;
  bool has_class;
  GUID service_class;
};

class Host {
 public:
  Mutex mutex;  // guards everything below
  Condition changed;
  std::vector<HostRecord> records;
  std::map<std::wstring, Record> registry;  // what clients have registered, by key and class
  std::map<std::string, Bytes> classes;     // by the text of the GUID, as their clients sent it
  std::map<std::wstring, Behaviour> names;
  std::map<uint32_t, Behaviour> codes;
  std::vector<std::string> calls;  // JSON objects
  bool still_valid = true;
  ControlFile* control = nullptr;
  uint32_t change_number = 0;  // wakes the watching connections
  bool stopping = false;
};
Host& TheHost();

// host_data.cc
std::wstring Wide(const std::string& utf8);
std::string Utf8(const std::wstring& wide);
std::string JsonText(const std::string& utf8);
Bytes FromHex(const std::string& hex);
Bytes BytesOf(const void* data, size_t size);
bool ParseGuid(const std::string& text, GUID* id);
std::string GuidText(const GUID& id);
bool ParseAddress(const std::string& text, RecordAddress* address);
void LoadInitialRecords(Host* host);
std::wstring KeyOf(const std::wstring& name);

// host_registry.cc; the mutex is held. 0 or the code.
uint32_t ApplyChange(uint32_t operation, bool multiple, const Record& service);
// host_verbs.cc; the mutex is held: raises the counters of a change and wakes who watches.
void Raise(const Arguments& scope);

// host_find.cc; the mutex is held. The data that answer a lookup.
void FindRecords(const Question& question, std::vector<Record>* found);

// host_handlers.cc: the answer to one request; `gone` says whether the client has left.
Bytes Answer(const Bytes& request, const std::function<bool()>& gone);

// host_pipe.cc
bool OpenControl(bool create);
// Names the pipe, publishes the control file, starts listening. `revision` vouches for the data; 0:
// nothing does.
void ServePipe(uint32_t revision);
void Retire(bool retired);

// host_verbs.cc: the JSON answer to one command line.
std::string RunVerb(const std::string& verb, const Arguments& arguments);

// host_self.cc
std::string RunSelf(const std::string& operation);

}  // namespace faulty
