// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Stands in for Microsoft's DNS provider ("Tcpip"): it accepts every Begin under NS_DNS, and
// answers from Wine's resolver after a delay that NSP_RIG_TCPIP_DELAY sets in milliseconds: the
// classes A, AAAA and PTR, hosts by name and by address, services by name and by port.
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
  GUID class_id{};
  std::wstring name;
  DWORD flags = 0;
  HANDLE ended;
  SRWLOCK lock = SRWLOCK_INIT;  // guards what follows
  bool asked = false;
  bool found = false;
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

// RFC 6303: nor are the names of addresses that belong to nobody in particular. Loopback is known
// without the DNS.
bool Private(ULONG v4) {
  const ULONG net8 = v4 >> 24, net16 = v4 >> 16, net24 = v4 >> 8;
  return net8 == 0 || net8 == 10 || net16 >> 4 == 0xac1 || net16 == 0xc0a8 || net16 == 0xa9fe ||
         net24 == 0xc00002 || net24 == 0xc63364 || net24 == 0xcb0071 || net8 >= 224;
}
bool Private(const IN6_ADDR& v6) {
  const BYTE* const b = v6.u.Byte;
  return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && b[1] >= 0x80) || b[0] == 0xff ||
         (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8);
}

// Wine's own functions, not ws2_32's: those may ask providers, this one among them.
template <class Function>
Function Wine(const char* name) {
  const HMODULE wine = GetModuleHandleW(L"ws2_wine.dll");
  if (wine == nullptr) return nullptr;
  return reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(wine, name)));
}
#define WINE(name) Wine<decltype(&name)>(#name)

std::string Narrow(const std::wstring& text) {
  const int size = WideCharToMultiByte(CP_ACP, 0, text.c_str(), -1, nullptr, 0, nullptr, nullptr);
  if (size <= 0) return {};
  std::string narrow(static_cast<size_t>(size), '\0');
  WideCharToMultiByte(CP_ACP, 0, text.c_str(), -1, narrow.data(), size, nullptr, nullptr);
  narrow.resize(static_cast<size_t>(size) - 1);
  return narrow;
}

std::wstring Widen(const char* text) {
  const int size = MultiByteToWideChar(CP_ACP, 0, text, -1, nullptr, 0);
  if (size <= 0) return {};
  std::wstring wide(static_cast<size_t>(size), L'\0');
  MultiByteToWideChar(CP_ACP, 0, text, -1, wide.data(), size);
  wide.resize(static_cast<size_t>(size) - 1);
  return wide;
}

std::vector<std::string> Texts(char** list) {
  std::vector<std::string> texts;
  for (; list != nullptr && *list != nullptr; ++list)
    texts.emplace_back(*list);
  return texts;
}

void FindAddresses(Lookup& lookup, int family) {
  const auto resolve = WINE(GetAddrInfoW);
  const auto release = WINE(FreeAddrInfoW);
  if (resolve == nullptr || release == nullptr || NeverExists(lookup.name)) return;
  ADDRINFOW hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_DGRAM;
  if ((lookup.flags & LUP_ADDRCONFIG) != 0) hints.ai_flags |= AI_ADDRCONFIG;
  if ((lookup.flags & LUP_RETURN_NAME) != 0) hints.ai_flags |= AI_CANONNAME;
  ADDRINFOW* list = nullptr;
  if (resolve(lookup.name.c_str(), nullptr, &hints, &list) != 0) return;
  const bool named = list != nullptr && list->ai_canonname != nullptr;
  lookup.answer.name = named ? list->ai_canonname : lookup.name;
  for (const ADDRINFOW* item = list; item != nullptr; item = item->ai_next) {
    SOCKADDR_STORAGE storage{};
    memcpy(&storage, item->ai_addr, item->ai_addrlen);
    lookup.answer.addresses.push_back(storage);
  }
  release(list);
  lookup.found = !lookup.answer.addresses.empty();
}

void TakeHost(Lookup& lookup, const hostent* host) {
  if (host == nullptr || host->h_addrtype != AF_INET) return;
  std::vector<IN_ADDR> addresses;
  for (char** item = host->h_addr_list; *item != nullptr; ++item) {
    SOCKADDR_IN address{};
    address.sin_family = AF_INET;
    memcpy(&address.sin_addr, *item, sizeof address.sin_addr);
    addresses.push_back(address.sin_addr);
    SOCKADDR_STORAGE storage{};
    memcpy(&storage, &address, sizeof address);
    lookup.answer.addresses.push_back(storage);
  }
  lookup.answer.name = Widen(host->h_name);
  lookup.answer.blob = rig::HostentBlob(host->h_name, Texts(host->h_aliases), addresses);
  lookup.found = true;
}

void FindHost(Lookup& lookup) {
  const auto find = WINE(gethostbyname);
  if (find != nullptr && !NeverExists(lookup.name))
    TakeHost(lookup, find(Narrow(lookup.name).c_str()));
}

// "127.0.0.1", or nothing that has to do with an address.
void FindHostByAddress(Lookup& lookup) {
  const auto parse = WINE(inet_addr);
  const auto swap = WINE(ntohl);
  const auto find = WINE(gethostbyaddr);
  if (parse == nullptr || swap == nullptr || find == nullptr) return;
  const ULONG address = parse(Narrow(lookup.name).c_str());
  if (address == INADDR_NONE || Private(swap(address))) return;
  TakeHost(lookup, find(reinterpret_cast<const char*>(&address), sizeof address, AF_INET));
}

// "http/tcp", "80/tcp", or without a protocol.
void FindService(Lookup& lookup) {
  const auto by_name = WINE(getservbyname);
  const auto by_port = WINE(getservbyport);
  if (by_name == nullptr || by_port == nullptr) return;
  const std::string text = Narrow(lookup.name);
  const size_t slash = text.find('/');
  const std::string key = text.substr(0, slash);
  const std::string protocol = slash == std::string::npos ? "" : text.substr(slash + 1);
  const char* const wanted = protocol.empty() ? nullptr : protocol.c_str();
  const bool number = !key.empty() && key.find_first_not_of("0123456789") == std::string::npos;
  const auto port = static_cast<USHORT>(strtoul(key.c_str(), nullptr, 10));
  const auto network = static_cast<USHORT>(port << 8 | port >> 8);
  const servent* const service = number ? by_port(network, wanted) : by_name(key.c_str(), wanted);
  if (service == nullptr) return;
  lookup.answer.name = Widen(service->s_name);
  lookup.answer.blob = rig::ServentBlob(service->s_name, Texts(service->s_aliases), service->s_port,
                                        service->s_proto);
  lookup.found = true;
}

// "1.0.0.127.in-addr.arpa." as an address; false for anything else.
bool ParseReverse(const std::wstring& name, SOCKADDR_IN* address) {
  unsigned b[4];
  int end = 0;
  const int count = swscanf(name.c_str(), L"%u.%u.%u.%u.%n", &b[0], &b[1], &b[2], &b[3], &end);
  if (count != 4 || _wcsnicmp(name.c_str() + end, L"in-addr.arpa", 12) != 0) return false;
  *address = SOCKADDR_IN{};
  address->sin_family = AF_INET;
  BYTE bytes[4];
  for (int i = 0; i < 4; ++i)
    bytes[i] = static_cast<BYTE>(b[3 - i]);
  memcpy(&address->sin_addr, bytes, sizeof bytes);
  return !Private(static_cast<ULONG>(bytes[0]) << 24 | static_cast<ULONG>(bytes[1]) << 16 |
                  static_cast<ULONG>(bytes[2]) << 8 | bytes[3]);
}

// The same for "0.1.e.f...ip6.arpa.": thirty-two digits, the last one first.
bool ParseReverse6(const std::wstring& name, SOCKADDR_IN6* address) {
  if (name.size() < 72 || _wcsnicmp(name.c_str() + 64, L"ip6.arpa", 8) != 0) return false;
  *address = SOCKADDR_IN6{};
  address->sin6_family = AF_INET6;
  for (size_t i = 0; i < 32; ++i) {
    const wchar_t digit[2] = {name[62 - 2 * i], L'\0'};
    wchar_t* end = nullptr;
    const ULONG value = wcstoul(digit, &end, 16);
    if (*end != L'\0' || end == digit) return false;
    BYTE& byte = address->sin6_addr.u.Byte[i / 2];
    byte = static_cast<BYTE>(byte << 4 | value);
  }
  return !Private(address->sin6_addr);
}

void FindName(Lookup& lookup) {
  const auto find = WINE(GetNameInfoW);
  SOCKADDR_IN v4;
  SOCKADDR_IN6 v6;
  const bool is_v4 = ParseReverse(lookup.name, &v4);
  if (find == nullptr || (!is_v4 && !ParseReverse6(lookup.name, &v6))) return;
  const auto* const address =
      is_v4 ? reinterpret_cast<const SOCKADDR*>(&v4) : reinterpret_cast<const SOCKADDR*>(&v6);
  wchar_t text[NI_MAXHOST];
  if (find(address, is_v4 ? sizeof v4 : sizeof v6, text, NI_MAXHOST, nullptr, 0, NI_NAMEREQD) != 0)
    return;
  lookup.answer.name = text;
  lookup.found = true;
}

void Resolve(Lookup& lookup) {
  if (lookup.name.empty()) return;
  lookup.answer.class_id = lookup.class_id;
  const auto is = [&](const GUID& id) { return IsEqualGUID(lookup.class_id, id) != 0; };
  if (is(rig::kClassA)) FindAddresses(lookup, AF_INET);
  if (is(rig::kClassAaaa)) FindAddresses(lookup, AF_INET6);
  if (is(rig::kClassPtr)) FindName(lookup);
  if (is(rig::kClassHostByName)) FindHost(lookup);
  if (is(rig::kClassHostByAddress)) FindHostByAddress(lookup);
  if (is(rig::kClassServiceByName)) FindService(lookup);
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
  if (!lookup->found) return rig::Fail(WSASERVICE_NOT_FOUND);
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
