// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The verbs of the test protocol: one function a verb, each answers with one JSON object.
#include <sstream>

#include "host.h"

namespace faulty {
namespace {

const std::string kOk = "{\"ok\":true}";

std::string Error(const std::string& text) {
  return "{\"ok\":false,\"error\":" + JsonText(text) + "}";
}

std::string Get(const Arguments& arguments, const char* key) {
  const auto at = arguments.find(key);
  return at == arguments.end() ? "" : at->second;
}

bool Has(const Arguments& arguments, const char* key) {
  return arguments.count(key) != 0;
}

uint32_t Number(const std::string& text) {
  return text.empty() ? 0 : static_cast<uint32_t>(std::stoull(text, nullptr, 0));
}

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');)
    parts.push_back(part);
  return parts;
}

int EntryMask(const Arguments& arguments) {
  const std::string key = Get(arguments, "entry");
  for (int i = 0; i < kEntries; ++i) {
    if (key == kEntryTable[i].key) return 1 << i;
  }
  return (1 << kEntries) - 1;
}

void RaiseSuffixes(ControlFile* control, const std::wstring& suffix) {
  InterlockedIncrement(&control->suffixes[HashText(suffix)]);
}

std::string ReadRecordArguments(const Arguments& arguments, HostRecord* made) {
  Record& record = made->record;
  record.name = Wide(Get(arguments, "name"));
  if (record.name.empty()) return "set needs a name";
  made->entry_mask = EntryMask(arguments);
  for (const std::string& text : Split(Get(arguments, "addr"))) {
    RecordAddress address;
    if (!ParseAddress(text, &address)) return "bad address " + text;
    record.addresses.push_back(address);
  }
  for (const std::string& alias : Split(Get(arguments, "alias")))
    record.aliases.push_back(Wide(alias));
  record.comment = Wide(Get(arguments, "comment"));
  record.context = Wide(Get(arguments, "context"));
  record.query_string = Wide(Get(arguments, "query"));
  record.blob = FromHex(Get(arguments, "blob"));
  record.has_version = Has(arguments, "version");
  record.version = Number(Get(arguments, "version"));
  GUID id;
  record.has_class = Has(arguments, "class");
  if (record.has_class) {
    if (!ParseGuid(Get(arguments, "class"), &id)) return "bad class";
    record.service_class = BytesOf(&id, sizeof(id));
  }
  return "";
}

std::string Set(const Arguments& arguments, bool quiet) {
  HostRecord made;
  const std::string problem = ReadRecordArguments(arguments, &made);
  if (!problem.empty()) return Error(problem);
  Host& host = TheHost();
  const std::lock_guard lock(host.mutex);
  bool replaced = false;
  for (HostRecord& present : host.records) {
    if (KeyOf(present.record.name) != KeyOf(made.record.name)) continue;
    if (!(present.entry_mask & made.entry_mask)) continue;
    present = made;
    replaced = true;
  }
  if (!replaced) host.records.push_back(made);
  if (!quiet) Raise({{"name", Get(arguments, "name")}});
  return kOk;
}

std::string Delete(const Arguments& arguments) {
  Host& host = TheHost();
  const std::wstring key = KeyOf(Wide(Get(arguments, "name")));
  const std::lock_guard lock(host.mutex);
  std::erase_if(host.records,
                [&](const HostRecord& present) { return KeyOf(present.record.name) == key; });
  Raise({{"name", Get(arguments, "name")}});
  return kOk;
}

// `held` looks without making an entry of its own.
std::string Held(const Behaviour& behaviour) {
  return "{\"ok\":true,\"waiting\":" + std::to_string(behaviour.waiting) +
         ",\"aborted\":" + std::to_string(behaviour.aborted) + "}";
}

// Verbs that set how one name's or one code's handler behaves.
std::string Behave(const std::string& verb, const Arguments& arguments, Behaviour* behaviour) {
  if (verb == "held") return Held(*behaviour);
  if (verb == "hold") behaviour->hold = true;
  if (verb == "never") behaviour->never = true;
  if (verb == "throw" || verb == "nonsense") behaviour->broken = true;
  if (verb == "fail") {
    behaviour->code = Number(Get(arguments, Has(arguments, "errno") ? "errno" : "code"));
  }
  if (verb == "release") {
    behaviour->hold = false;
    ++behaviour->releases;
  }
  if (verb == "clear") {
    behaviour->hold = behaviour->never = behaviour->broken = false;
    behaviour->code = 0;
    ++behaviour->releases;
  }
  TheHost().changed.NotifyAll();
  return kOk;
}

std::string Calls() {
  Host& host = TheHost();
  const std::lock_guard lock(host.mutex);
  std::string answer = "{\"ok\":true,\"calls\":[";
  for (size_t i = 0; i < host.calls.size(); ++i)
    answer += (i ? "," : "") + host.calls[i];
  host.calls.clear();
  return answer + "]}";
}

bool IsBehaviour(const std::string& verb) {
  for (const char* known :
       {"hold", "release", "held", "fail", "throw", "nonsense", "never", "clear"}) {
    if (verb == known) return true;
  }
  return false;
}

}  // namespace

// Counters are raised and the watching connections woken in one step.
void Raise(const Arguments& scope) {
  Host& host = TheHost();
  ControlFile* control = host.control;
  GUID id;
  InterlockedIncrement(&control->any);
  if (Has(scope, "name")) {
    InterlockedIncrement(&control->names[HashText(KeyOf(Wide(Get(scope, "name"))))]);
  } else if (Has(scope, "suffix")) {
    std::wstring suffix = KeyOf(Wide(Get(scope, "suffix")));
    while (!suffix.empty() && (suffix[0] == L'*' || suffix[0] == L'.'))
      suffix.erase(0, 1);
    RaiseSuffixes(control, suffix);
  } else if (Has(scope, "class") && ParseGuid(Get(scope, "class"), &id)) {
    InterlockedIncrement(&control->classes[HashClass(id)]);
  } else if (Has(scope, "entry")) {
    const int mask = EntryMask(scope);
    for (int i = 0; i < kEntries; ++i) {
      if (mask & (1 << i)) InterlockedIncrement(&control->entries[i]);
    }
  } else {
    InterlockedIncrement(&control->global);
  }
  ++host.change_number;
  host.changed.NotifyAll();
}

std::string RunVerb(const std::string& verb, const Arguments& arguments) {
  Host& host = TheHost();
  if (verb == "set" || verb == "quiet-set") return Set(arguments, verb == "quiet-set");
  if (verb == "delete") return Delete(arguments);
  if (verb == "calls") return Calls();
  if (verb == "self") return RunSelf(Get(arguments, "op"));
  if (verb == "retire") {
    Retire(true);
    return kOk;
  }
  const bool ioctl = verb.rfind("ioctl-", 0) == 0;
  const std::string plain = ioctl ? verb.substr(6) : verb;
  const std::lock_guard lock(host.mutex);
  if (verb == "invalidate") {
    Raise(arguments);
    return kOk;
  }
  if (verb == "still-valid") {
    host.still_valid = Get(arguments, "value") != "false";
    return kOk;
  }
  if (!IsBehaviour(plain)) return Error("unknown verb " + verb);
  if (ioctl || (plain == "held" && Has(arguments, "code"))) {
    return Behave(plain, arguments, &host.codes[Number(Get(arguments, "code"))]);
  }
  return Behave(plain, arguments, &host.names[KeyOf(Wide(Get(arguments, "name")))]);
}

}  // namespace faulty
