// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A provider for tests of the name functions: it answers names below namer.test, with addresses
// that carry the number NNNN of its entry's GUID {6e616d65-NNNN-...}, and records its calls in the
// file that NSP_RIG_PROBE_LOG names, as probe.dll does: `PID FUNCTION NUMBER NAME`.
#include <cstdio>

#include "blob_kit.h"
#include "class_ids.h"
#include "provider_kit.h"

namespace {

struct Lookup {
  Lookup() : ended(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}
  ~Lookup() { CloseHandle(ended); }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  GUID provider{};
  DWORD flags = 0;
  HANDLE ended;
  bool waits = false;
  SRWLOCK lock = SRWLOCK_INIT;  // guards what follows

  bool has_data = false;
  bool delivered = false;
  rig::Answer answer;
};

rig::LookupTable<Lookup> g_lookups;

void Record(const char* function, const GUID& id, const wchar_t* name) {
  rig::KeepLastError keep;
  wchar_t path[MAX_PATH];
  if (GetEnvironmentVariableW(L"NSP_RIG_PROBE_LOG", path, MAX_PATH) == 0) return;
  const HANDLE file = CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                  nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) return;
  char line[120];
  snprintf(line, sizeof line, "%lu %s %u %.60ls\n", GetCurrentProcessId(), function,
           static_cast<unsigned>(id.Data2), name);
  DWORD written = 0;
  WriteFile(file, line, static_cast<DWORD>(strlen(line)), &written, nullptr);
  CloseHandle(file);
}

SOCKADDR_STORAGE V4(unsigned number) {
  SOCKADDR_IN address{};
  address.sin_family = AF_INET;
  const BYTE bytes[] = {10, 7, 0, static_cast<BYTE>(number)};
  memcpy(&address.sin_addr, bytes, sizeof bytes);
  SOCKADDR_STORAGE storage{};
  memcpy(&storage, &address, sizeof address);
  return storage;
}

SOCKADDR_STORAGE V6(unsigned number) {
  SOCKADDR_IN6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr.u.Byte[0] = 0xfd;
  address.sin6_addr.u.Byte[1] = 7;
  address.sin6_addr.u.Byte[15] = static_cast<BYTE>(number);
  SOCKADDR_STORAGE storage{};
  memcpy(&storage, &address, sizeof address);
  return storage;
}

IN_ADDR Bytes(const SOCKADDR_STORAGE& address) {
  SOCKADDR_IN v4;
  memcpy(&v4, &address, sizeof v4);
  return v4.sin_addr;
}

bool Is(const std::wstring& name, const std::wstring& other) {
  return _wcsicmp(name.c_str(), other.c_str()) == 0;
}

// The name's addresses for the class; false if the name is not ours.
bool FindHost(const GUID& class_id, const std::wstring& name, unsigned number, Lookup* lookup) {
  const bool both = Is(name, L"both.namer.test") || Is(name, L"nick.namer.test");
  const bool v4 = both || Is(name, L"v4.namer.test");
  const bool v6 = both || Is(name, L"v6.namer.test");
  lookup->waits = Is(name, L"slow.namer.test");
  if (!v4 && !v6 && !lookup->waits) return false;
  lookup->answer.name = Is(name, L"nick.namer.test") ? L"Both.Namer.test" : name;
  const bool wants_v6 = IsEqualGUID(class_id, rig::kClassAaaa);
  if (wants_v6 ? v6 : v4) lookup->answer.addresses = {wants_v6 ? V6(number) : V4(number)};
  lookup->has_data = !lookup->answer.addresses.empty();
  if (!IsEqualGUID(class_id, rig::kClassHostByName) || !lookup->has_data) return true;
  lookup->answer.blob =
      rig::HostentBlob("both.namer.test", {"nick.namer.test", "second.namer.test"},
                       {Bytes(V4(number)), Bytes(V4(number + 100))});
  return true;
}

bool FindByAddress(const std::wstring& text, const std::wstring& wanted, unsigned number,
                   Lookup* lookup) {
  if (!Is(text, wanted)) return false;
  lookup->has_data = true;
  lookup->answer.name = L"v4.namer.test";
  lookup->answer.blob = rig::HostentBlob("v4.namer.test", {}, {Bytes(V4(number))});
  return true;
}

bool Find(const GUID& class_id, const std::wstring& name, unsigned number, Lookup* lookup) {
  const std::wstring digits = std::to_wstring(number);
  if (IsEqualGUID(class_id, rig::kClassA) || IsEqualGUID(class_id, rig::kClassAaaa) ||
      IsEqualGUID(class_id, rig::kClassHostByName)) {
    return FindHost(class_id, name, number, lookup);
  }
  if (IsEqualGUID(class_id, rig::kClassPtr)) {
    return FindByAddress(name, digits + L".0.7.10.in-addr.arpa.", number, lookup);
  }
  if (IsEqualGUID(class_id, rig::kClassHostByAddress)) {
    return FindByAddress(name, L"10.7.0." + digits, number, lookup);
  }
  if (!IsEqualGUID(class_id, rig::kClassServiceByName)) return false;
  if (!Is(name, L"namer/tcp") && !Is(name, L"7070/tcp")) return false;
  lookup->has_data = true;
  lookup->answer.name = L"namer";
  lookup->answer.blob = rig::ServentBlob("namer", {"namer-alias"}, 0x9e1b /* 7070 */, "tcp");
  return true;
}

INT WSAAPI Cleanup(LPGUID) {
  return 0;
}

INT WSAAPI Begin(LPGUID provider, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW, DWORD flags,
                 LPHANDLE handle) {
  const wchar_t* const name = restrictions->lpszServiceInstanceName;
  Record("NSPLookupServiceBegin", *provider, name != nullptr ? name : L"-");
  if (name == nullptr || restrictions->lpServiceClassId == nullptr) {
    return rig::Fail(WSASERVICE_NOT_FOUND);
  }
  const auto lookup = std::make_shared<Lookup>();
  lookup->provider = *provider;
  lookup->flags = flags;
  if (!Find(*restrictions->lpServiceClassId, name, provider->Data2, lookup.get())) {
    return rig::Fail(WSASERVICE_NOT_FOUND);
  }
  *handle = g_lookups.Add(lookup);
  return 0;
}

INT WSAAPI Next(HANDLE handle, DWORD flags, LPDWORD length, LPWSAQUERYSETW results) {
  const std::shared_ptr<Lookup> lookup = g_lookups.Find(handle);
  if (lookup == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  Record("NSPLookupServiceNext", lookup->provider, lookup->answer.name.c_str());
  if (lookup->waits) {
    WaitForSingleObject(lookup->ended, INFINITE);
    return rig::Fail(WSA_E_CANCELLED);
  }
  rig::ExclusiveLock lock(&lookup->lock);
  if (lookup->delivered) return rig::Fail(WSA_E_NO_MORE);
  if (!lookup->has_data) return rig::Fail(WSANO_DATA);
  const int result = rig::WriteAnswer(lookup->answer, lookup->provider, NS_DNS,
                                      rig::EffectiveFlags(lookup->flags, flags), length, results);
  lookup->delivered = result == 0;
  return result;
}

INT WSAAPI End(HANDLE handle) {
  const std::shared_ptr<Lookup> lookup = g_lookups.Remove(handle);
  if (lookup == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  SetEvent(lookup->ended);
  return 0;
}

}  // namespace

extern "C" INT WSAAPI NSPStartup(LPGUID, LPNSP_ROUTINE routines) {
  if (routines->cbSize < sizeof *routines) return rig::Fail(WSAEINVALIDPROCTABLE);
  rig::FillRoutines(routines);
  routines->NSPCleanup = Cleanup;
  routines->NSPLookupServiceBegin = Begin;
  routines->NSPLookupServiceNext = Next;
  routines->NSPLookupServiceEnd = End;
  return 0;
}
