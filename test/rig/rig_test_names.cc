// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The name functions over namer.dll: the NAME rows, and what no row speaks of.
#include <cstring>

#include "rig_test.h"
#include <ws2tcpip.h>

namespace rig_test {
namespace {

constexpr GUID Namer(unsigned short number) {
  return {0x6e616d65, number, 0x0000, {0x80, 0, 'r', 'i', 'g', 0, 0, 3}};
}

class Named {
 public:
  explicit Named(unsigned short number) : entry_(Namer(number), NS_DNS, Beside(L"namer.dll")) {}

 private:
  Installed entry_;
};

std::string AddressText(const SOCKADDR* address) {
  char text[INET6_ADDRSTRLEN] = "";
  const auto* const v4 = reinterpret_cast<const SOCKADDR_IN*>(address);
  const auto* const v6 = reinterpret_cast<const SOCKADDR_IN6*>(address);
  const void* const bytes = address->sa_family == AF_INET
                                ? static_cast<const void*>(&v4->sin_addr)
                                : static_cast<const void*>(&v6->sin6_addr);
  inet_ntop(address->sa_family, const_cast<void*>(bytes), text, sizeof text);
  return text;
}

// "10.7.0.1:80 fd07::1:80 (canonical)", or the code.
template <class Info>
std::string Show(int code, const Info* info) {
  if (code != 0) return std::to_string(code);
  std::string text;
  for (; info != nullptr; info = reinterpret_cast<const Info*>(info->ai_next)) {
    const auto* const v4 = reinterpret_cast<const SOCKADDR_IN*>(info->ai_addr);
    if (!text.empty()) text += ' ';
    text += AddressText(info->ai_addr) + ":" + std::to_string(ntohs(v4->sin_port));
    if (info->ai_canonname != nullptr) text += " (canonical)";
  }
  return text;
}

std::string Resolve(const wchar_t* name, int family = AF_UNSPEC, int flags = 0,
                    const wchar_t* service = L"80") {
  ADDRINFOW hints{};
  hints.ai_family = family;
  hints.ai_flags = flags;
  hints.ai_socktype = SOCK_STREAM;
  ADDRINFOW* info = nullptr;
  const int code = GetAddrInfoW(name, service, &hints, &info);
  const std::string text = Show(code, info);
  FreeAddrInfoW(info);
  return text;
}

std::string ResolveEx(const wchar_t* name, DWORD name_space, const GUID* provider) {
  ADDRINFOEXW hints{};
  hints.ai_socktype = SOCK_STREAM;
  ADDRINFOEXW* info = nullptr;
  const int code = GetAddrInfoExW(name, L"80", name_space, const_cast<GUID*>(provider), &hints,
                                  &info, nullptr, nullptr, nullptr, nullptr);
  const std::string text = Show(code, info);
  FreeAddrInfoExW(info);
  return text;
}

void ExpectText(const std::string& actual, const std::string& expected, const char* what) {
  Expect(actual == expected,
         (std::string(what) + ": " + actual + " instead of " + expected).c_str());
}

void OneFamily() {
  const Named one(1);
  const Session session;
  ExpectText(Resolve(L"v4.namer.test", AF_INET), "10.7.0.1:80", "IPv4");
  ExpectText(Resolve(L"V4.Namer.Test", AF_INET), "10.7.0.1:80", "any case");
}

void BothFamilies() {
  const Named one(1);
  const Session session;
  ExpectText(Resolve(L"both.namer.test"), "10.7.0.1:80 fd07::1:80", "both");
}

void NoData() {
  const Named one(1);
  const Session session;
  ExpectText(Resolve(L"v6.namer.test", AF_INET), "11004", "known, no IPv4");
}

void Canonical() {
  const Named one(1);
  const Session session;
  ADDRINFOW hints{};
  hints.ai_flags = AI_CANONNAME;
  ADDRINFOW* info = nullptr;
  ExpectEqual(GetAddrInfoW(L"nick.namer.test", nullptr, &hints, &info), 0, "the alias");
  const bool named = info != nullptr && info->ai_canonname != nullptr;
  Expect(named && wcscmp(info->ai_canonname, L"Both.Namer.test") == 0, "name of the result");
  FreeAddrInfoW(info);
}

void OneProvider() {
  const Named one(1);
  const Named two(2);
  const Session session;
  const GUID second = Namer(2);
  ExpectText(ResolveEx(L"v4.namer.test", NS_DNS, &second), "10.7.0.2:80", "only it");
  const GUID unknown = Namer(77);
  ExpectText(ResolveEx(L"v4.namer.test", NS_DNS, &unknown), "10022", "unknown provider");
}

void HostByName() {
  const Named one(1);
  const Session session;
  const hostent* const host = gethostbyname("nick.namer.test");
  Expect(host != nullptr, "found");
  if (host == nullptr) return;
  const bool placed = !IsBadReadPtr(host->h_name, 4) && !IsBadReadPtr(host->h_aliases, 4);
  Expect(placed, "pointers, not offsets");
  if (!placed) return;
  Expect(strcmp(host->h_name, "both.namer.test") == 0, "h_name");
  ExpectEqual(host->h_addrtype, AF_INET, "h_addrtype");
  ExpectEqual(host->h_length, 4, "h_length");
  Expect(host->h_aliases[0] != nullptr && strcmp(host->h_aliases[1], "second.namer.test") == 0 &&
             host->h_aliases[2] == nullptr,
         "h_aliases");
  Expect(
      memcmp(host->h_addr_list[1], "\x0a\x07\x00\x65", 4) == 0 && host->h_addr_list[2] == nullptr,
      "h_addr_list");
  const hostent* const found = gethostbyaddr("\x0a\x07\x00\x01", 4, AF_INET);
  Expect(found != nullptr && strcmp(found->h_name, "v4.namer.test") == 0, "gethostbyaddr");
}

// As ping does: the first address, and nothing else of the entry.
void Ping() {
  const Named one(1);
  const Session session;
  const hostent* const host = gethostbyname("v4.namer.test");
  Expect(host != nullptr && !IsBadReadPtr(host->h_addr_list, 4) &&
             memcmp(host->h_addr_list[0], "\x0a\x07\x00\x01", 4) == 0,
         "h_addr_list[0]");
}

void Ansi() {
  const Named one(1);
  const Session session;
  ADDRINFOA* info = nullptr;
  int code = getaddrinfo("v4.namer.test", nullptr, nullptr, &info);
  ExpectText(Show(code, info), "10.7.0.1:0", "getaddrinfo");
  freeaddrinfo(info);
  ADDRINFOEXA* more = nullptr;
  using Function = INT(WSAAPI*)(PCSTR, PCSTR, DWORD, GUID*, const ADDRINFOEXA*, ADDRINFOEXA**,
                                timeval*, OVERLAPPED*, void*, HANDLE*);
  const auto resolve = reinterpret_cast<Function>(
      reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), "GetAddrInfoExA")));
  code = resolve("v4.namer.test", "80", NS_DNS, nullptr, nullptr, &more, nullptr, nullptr, nullptr,
                 nullptr);
  ExpectText(Show(code, more), "10.7.0.1:80", "GetAddrInfoExA");
#undef FreeAddrInfoEx
  FreeAddrInfoEx(more);
}

void Foreign() {
  const Named one(1);
  const Session session;
  ProbeCalls();
  Expect(Resolve(L"localhost").find("127.0.0.1:80") != std::string::npos, "Wine's resolver");
  ExpectText(Resolve(L"nobody.test"), "11001", "nobody");
  const std::vector<std::string> calls = ProbeCalls();
  Expect(!calls.empty(), "offered");
  for (const std::string& call : calls) {
    Expect(call == "NSPLookupServiceBegin 1 localhost" ||
               call == "NSPLookupServiceBegin 1 nobody.test",
           call.c_str());
  }
}

void Merged() {
  const Named one(1);
  const Named two(2);
  const Session session;
  ExpectText(Resolve(L"v4.namer.test"), "10.7.0.1:80 10.7.0.2:80", "answers of both");
}

// Type, protocol and port come from the service, V4MAPPED from the caller.
void Services() {
  const Named one(1);
  const Session session;
  ExpectText(Resolve(L"v4.namer.test", AF_UNSPEC, 0, L"http"), "10.7.0.1:80", "a known service");
  ExpectText(Resolve(L"v4.namer.test", AF_UNSPEC, 0, L"namer"), "10.7.0.1:7070", "of a provider");
  ExpectText(Resolve(L"v4.namer.test", AF_UNSPEC, 0, L"no-such"), "10109", "of nobody");
  ExpectText(Resolve(L"v4.namer.test", AF_INET6, AI_V4MAPPED), "::ffff:10.7.0.1:80", "mapped");
  ExpectText(Resolve(L"v4.namer.test", AF_INET, AI_NUMERICHOST), "11001", "only numbers wanted");
  const servent* const service = getservbyname("namer", "tcp");
  Expect(service != nullptr && ntohs(static_cast<u_short>(service->s_port)) == 7070 &&
             strcmp(service->s_aliases[0], "namer-alias") == 0 &&
             strcmp(service->s_proto, "tcp") == 0,
         "getservbyname");
  Expect(getservbyport(htons(7070), "tcp") != nullptr, "getservbyport");
  const servent* const http = getservbyport(htons(80), "tcp");
  Expect(http != nullptr && strcmp(http->s_name, "http") == 0, "a service of Wine");
  Expect(getservbyname("no-such", "tcp") == nullptr && GetLastError() == WSANO_DATA, "none");
}

void Reverse() {
  const Named one(1);
  const Session session;
  SOCKADDR_IN address{};
  address.sin_family = AF_INET;
  memcpy(&address.sin_addr, "\x0a\x07\x00\x01", 4);
  const auto* const name = reinterpret_cast<const SOCKADDR*>(&address);
  wchar_t host[64];
  ExpectEqual(GetNameInfoW(name, sizeof address, host, 64, nullptr, 0, NI_NAMEREQD), 0, "PTR");
  Expect(wcscmp(host, L"v4.namer.test") == 0, "its name");
  char narrow[64];
  ExpectEqual(getnameinfo(name, sizeof address, narrow, 64, nullptr, 0, NI_NOFQDN), 0, "ANSI");
  Expect(strcmp(narrow, "v4") == 0, "the first label");
  memcpy(&address.sin_addr, "\x0a\x07\x00\x63", 4);
  ExpectEqual(GetNameInfoW(name, sizeof address, host, 64, nullptr, 0, 0), 0, "no name");
  Expect(wcscmp(host, L"10.7.0.99") == 0, "then the number");
  ExpectEqual(GetNameInfoW(name, sizeof address, host, 64, nullptr, 0, NI_NAMEREQD), 11001,
              "no name, wanted");
}

using Result = int(WSAAPI*)(OVERLAPPED*);
using Cancel = int(WSAAPI*)(HANDLE*);

void Overlapped() {
  const Named one(1);
  const Session session;
  const HMODULE ws2_32 = GetModuleHandleW(L"ws2_32.dll");
  const auto result = reinterpret_cast<Result>(
      reinterpret_cast<void*>(GetProcAddress(ws2_32, "GetAddrInfoExOverlappedResult")));
  const auto cancel = reinterpret_cast<Cancel>(
      reinterpret_cast<void*>(GetProcAddress(ws2_32, "GetAddrInfoExCancel")));
  OVERLAPPED overlapped{};
  overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  ADDRINFOEXW* info = nullptr;
  HANDLE handle = nullptr;
  const auto start = [&](const wchar_t* name) {
    ResetEvent(overlapped.hEvent);
    return GetAddrInfoExW(name, nullptr, NS_DNS, nullptr, nullptr, &info, nullptr, &overlapped,
                          nullptr, &handle);
  };
  ExpectEqual(start(L"v4.namer.test"), WSA_IO_PENDING, "started");
  ExpectEqual(WaitForSingleObject(overlapped.hEvent, 60000), WAIT_OBJECT_0, "signalled");
  ExpectEqual(result(&overlapped), 0, "result");
  ExpectText(Show(0, info), "10.7.0.1:0", "addresses");
  FreeAddrInfoExW(info);
  ExpectEqual(start(L"slow.namer.test"), WSA_IO_PENDING, "one that waits");
  ExpectEqual(result(&overlapped), WSAEINPROGRESS, "not done");
  ExpectEqual(cancel(&handle), 0, "cancelled");
  ExpectEqual(WaitForSingleObject(overlapped.hEvent, 60000), WAIT_OBJECT_0, "then completes");
  ExpectEqual(result(&overlapped), WSA_E_CANCELLED, "with that code");
  ExpectEqual(cancel(&handle), WSA_INVALID_HANDLE, "and can't be cancelled twice");
  CloseHandle(overlapped.hEvent);
}

void WithoutStartup() {
  ADDRINFOW* info = nullptr;
  ExpectEqual(GetAddrInfoW(L"localhost", nullptr, nullptr, &info), WSANOTINITIALISED,
              "GetAddrInfoW");
  Expect(gethostbyname("localhost") == nullptr && GetLastError() == WSANOTINITIALISED,
         "gethostbyname");
}

// A machine whose catalog has nothing that loads resolves as if there were no catalog.
void NoProvider() {
  GUID tcpip{};
  {
    const Session session;
    tcpip = Enumerate().at(0);
    WSCEnableNSProvider(&tcpip, FALSE);
  }
  {
    const Installed broken(Namer(9), NS_DNS, L"C:\\nowhere\\namer.dll");
    const Session session;
    Expect(Resolve(L"localhost").find("127.0.0.1:80") != std::string::npos, "getaddrinfo");
    Expect(gethostbyname("localhost") != nullptr, "gethostbyname");
    Expect(getservbyname("http", "tcp") != nullptr, "getservbyname");
  }
  WSCEnableNSProvider(&tcpip, TRUE);
}

}  // namespace

void NameCases() {
  Run("NAME-01 one family", OneFamily);
  Run("NAME-02 both families", BothFamilies);
  Run("NAME-03 no data of that family", NoData);
  Run("NAME-04 canonical name", Canonical);
  Run("NAME-05 one provider", OneProvider);
  Run("NAME-06 gethostbyname", HostByName);
  Run("NAME-07 as ping asks", Ping);
  Run("NAME-08 foreign names", Foreign);
  Run("ANSI forms", Ansi);
  Run("answers are merged in catalog order", Merged);
  Run("services by name", Services);
  Run("names of addresses", Reverse);
  Run("overlapped, cancelled", Overlapped);
  Run("DISP-01 names before WSAStartup", WithoutStartup);
  Run("names without any provider", NoProvider);
}

}  // namespace rig_test
