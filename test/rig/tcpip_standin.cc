// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Stands in for Microsoft's DNS provider ("Tcpip"): it accepts every Begin under NS_DNS, and
// answers host lookups from Wine's resolver, after a delay that NSP_RIG_TCPIP_DELAY sets in
// milliseconds.
#include "provider_kit.h"

namespace {

constexpr GUID kClassA = {0x00090035, 0x0000, 0x0001, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}};
constexpr GUID kClassAaaa = {0x00090035, 0x0000, 0x001c, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}};

struct Lookup {
  Lookup() : ended(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}
  ~Lookup() { CloseHandle(ended); }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  GUID provider{};
  GUID class_id{};
  std::wstring name;
  DWORD flags = 0;
  HANDLE ended;
  SRWLOCK lock = SRWLOCK_INIT;  // guards what follows
  bool asked = false;
  bool delivered = false;
  rig::Answer answer;
};

rig::LookupTable<Lookup> g_lookups;

DWORD DelayMs() {
  rig::KeepLastError keep;
  wchar_t text[16];
  const DWORD length = GetEnvironmentVariableW(L"NSP_RIG_TCPIP_DELAY", text, 16);
  return length == 0 || length >= 16 ? 0 : static_cast<DWORD>(wcstoul(text, nullptr, 10));
}

// RFC 6761 and RFC 2606: names below these never exist in the public DNS, so it is not asked.
bool NeverExists(const std::wstring& name) {
  std::wstring last = name;
  while (!last.empty() && last.back() == L'.')
    last.pop_back();
  const size_t dot = last.rfind(L'.');
  if (dot != std::wstring::npos) last.erase(0, dot + 1);
  for (const wchar_t* reserved : {L"test", L"invalid", L"example"}) {
    if (_wcsicmp(last.c_str(), reserved) == 0) return true;
  }
  return false;
}

// Wine's own resolver, not ws2_32's: that one may ask providers, this one among them.
template <class Function>
Function Wine(const char* name) {
  const HMODULE wine = GetModuleHandleW(L"ws2_wine.dll");
  if (wine == nullptr) return nullptr;
  return reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(wine, name)));
}

void Resolve(Lookup& lookup) {
  const bool v4 = IsEqualGUID(lookup.class_id, kClassA);
  if (!v4 && !IsEqualGUID(lookup.class_id, kClassAaaa)) return;
  if (lookup.name.empty() || NeverExists(lookup.name)) return;
  const auto resolve = Wine<decltype(&GetAddrInfoW)>("GetAddrInfoW");
  const auto release = Wine<decltype(&FreeAddrInfoW)>("FreeAddrInfoW");
  if (resolve == nullptr || release == nullptr) return;
  ADDRINFOW hints{};
  hints.ai_family = v4 ? AF_INET : AF_INET6;
  hints.ai_socktype = SOCK_DGRAM;
  ADDRINFOW* list = nullptr;
  if (resolve(lookup.name.c_str(), nullptr, &hints, &list) != 0) return;
  lookup.answer.name = lookup.name;
  lookup.answer.class_id = lookup.class_id;
  for (const ADDRINFOW* item = list; item != nullptr; item = item->ai_next) {
    SOCKADDR_STORAGE storage{};
    memcpy(&storage, item->ai_addr, item->ai_addrlen);
    lookup.answer.addresses.push_back(storage);
  }
  release(list);
}

INT WSAAPI Cleanup(LPGUID) {
  return 0;
}

INT WSAAPI Begin(LPGUID provider, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW, DWORD flags,
                 LPHANDLE handle) {
  const auto lookup = std::make_shared<Lookup>();
  lookup->provider = *provider;
  lookup->flags = flags;
  if (restrictions->lpServiceClassId != nullptr) lookup->class_id = *restrictions->lpServiceClassId;
  const wchar_t* const name = restrictions->lpszServiceInstanceName;
  if (name != nullptr) lookup->name = name;
  *handle = g_lookups.Add(lookup);
  return 0;
}

INT WSAAPI Next(HANDLE handle, DWORD flags, LPDWORD length, LPWSAQUERYSETW results) {
  const std::shared_ptr<Lookup> lookup = g_lookups.Find(handle);
  if (lookup == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  if (WaitForSingleObject(lookup->ended, DelayMs()) == WAIT_OBJECT_0) {
    return rig::Fail(WSA_E_CANCELLED);
  }
  rig::ExclusiveLock lock(&lookup->lock);
  if (lookup->delivered) return rig::Fail(WSA_E_NO_MORE);
  if (!lookup->asked) Resolve(*lookup);
  lookup->asked = true;
  if (lookup->answer.addresses.empty()) return rig::Fail(WSASERVICE_NOT_FOUND);
  const int result = rig::WriteAnswer(lookup->answer, lookup->provider, NS_DNS,
                                      rig::EffectiveFlags(lookup->flags, flags), length, results);
  if (result == 0) lookup->delivered = true;
  return result;
}

INT WSAAPI End(HANDLE handle) {
  const std::shared_ptr<Lookup> lookup = g_lookups.Remove(handle);
  if (lookup == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  SetEvent(lookup->ended);
  return 0;
}

INT WSAAPI Ioctl(HANDLE, DWORD, LPVOID, DWORD, LPVOID, DWORD, LPDWORD, LPWSACOMPLETION,
                 LPWSATHREADID) {
  return rig::Fail(WSAEOPNOTSUPP);
}

}  // namespace

extern "C" INT WSAAPI NSPStartup(LPGUID, LPNSP_ROUTINE routines) {
  if (routines->cbSize < sizeof *routines) return rig::Fail(WSAEINVALIDPROCTABLE);
  rig::FillRoutines(routines);
  routines->NSPCleanup = Cleanup;
  routines->NSPLookupServiceBegin = Begin;
  routines->NSPLookupServiceNext = Next;
  routines->NSPLookupServiceEnd = End;
  routines->NSPIoctl = Ioctl;
  return 0;
}
