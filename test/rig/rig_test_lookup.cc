// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Lookups through the rig: one provider in Unicode and ANSI, then several at once. The BEGIN, NEXT,
// END, START and DISP rows.
#include <cstring>

#include "rig_test.h"

namespace rig_test {
namespace {

WSAQUERYSETW Restrictions(DWORD name_space) {
  WSAQUERYSETW set{};
  set.dwSize = sizeof set;
  set.dwNameSpace = name_space;
  return set;
}

void NullPointers() {
  Session session;
  WSAQUERYSETW set = Restrictions(kPlainSpace);
  HANDLE handle = nullptr;
  ExpectError(WSALookupServiceBeginW(nullptr, 0, &handle), WSAEFAULT, "no restrictions");
  ExpectError(WSALookupServiceBeginW(&set, 0, nullptr), WSAEFAULT, "no handle");
  ExpectError(WSALookupServiceBeginA(nullptr, 0, &handle), WSAEFAULT, "no restrictions, ANSI");
}

void ZeroSize() {
  Session session;
  WSAQUERYSETW set{};
  HANDLE handle = nullptr;
  ExpectError(WSALookupServiceBeginW(&set, 0, &handle), WSA_INVALID_PARAMETER, "dwSize 0");
}

void NullClass() {
  Session session;
  WSAQUERYSETW set = Restrictions(NS_NLA);
  HANDLE handle = nullptr;
  ExpectEqual(WSALookupServiceBeginW(&set, LUP_RETURN_ALL | LUP_DEEP, &handle), 0, "NULL class");
  ExpectEqual(WSALookupServiceEnd(handle), 0, "end");
}

// Two providers, so that the dispatcher and not a provider gives the last answer.
void Exhausted() {
  Installed one(Probe(1));
  Installed two(Probe(2, kFindsNothing));
  Session session;
  Query query(kProbeSpace);
  ExpectEqual(static_cast<long long>(query.All().size()), 2, "results");
  ExpectEqual(query.error, WSA_E_NO_MORE, "after the last");
  query.Next();
  ExpectEqual(query.error, WSA_E_NO_MORE, "and again");
}

void NothingDelivered() {
  Installed one(Probe(1, kFindsNothing));
  Installed two(Probe(2, kFindsNothing));
  Session session;
  Query query(kProbeSpace);
  query.Next();
  ExpectEqual(query.error, WSASERVICE_NOT_FOUND, "the last provider's error once");
}

std::string NextAnsi(HANDLE handle, std::vector<BYTE>* buffer, DWORD* length) {
  auto* const set = reinterpret_cast<WSAQUERYSETA*>(buffer->data());
  if (WSALookupServiceNextA(handle, 0, length, set) != 0) return {};
  Expect(reinterpret_cast<BYTE*>(set->lpszServiceInstanceName) > buffer->data(), "name inside");
  return set->lpszServiceInstanceName;
}

void AnsiRetry() {
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  Session session;
  Query query(kPlainSpace);
  std::vector<BYTE> buffer(8);
  DWORD length = 8;
  Expect(NextAnsi(query.handle, &buffer, &length).empty(), "too small");
  ExpectEqual(GetLastError(), WSAEFAULT, "too small");
  Expect(length > sizeof(WSAQUERYSETA), "a size is told");
  buffer.resize(length);
  Expect(NextAnsi(query.handle, &buffer, &length) == "alpha.plain", "the told size suffices");
}

void AnsiFields() {
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  Session session;
  char name[] = "BETA.plain";
  WSAQUERYSETA set{};
  set.dwSize = sizeof set;
  set.dwNameSpace = kPlainSpace;
  set.lpszServiceInstanceName = name;
  HANDLE handle = nullptr;
  ExpectEqual(WSALookupServiceBeginA(&set, LUP_RETURN_ALL, &handle), 0, "begin");
  std::vector<BYTE> buffer(4096);
  DWORD length = static_cast<DWORD>(buffer.size());
  Expect(NextAnsi(handle, &buffer, &length) == "beta.plain", "name");
  const auto* const result = reinterpret_cast<const WSAQUERYSETA*>(buffer.data());
  ExpectEqual(result->dwSize, sizeof(WSAQUERYSETA), "dwSize");
  ExpectEqual(result->dwNameSpace, kPlainSpace, "dwNameSpace");
  Expect(result->lpNSProviderId != nullptr && IsEqualGUID(*result->lpNSProviderId, kPlain), "id");
  Expect(strncmp(result->lpszComment, "with an umlaut: ", 16) == 0, "comment");
  ExpectEqual(result->dwNumberOfCsAddrs, 1, "addresses");
  const SOCKET_ADDRESS& remote = result->lpcsaBuffer[0].RemoteAddr;
  ExpectEqual(remote.iSockaddrLength, sizeof(SOCKADDR_IN), "length of the address");
  ExpectEqual(reinterpret_cast<SOCKADDR_IN*>(remote.lpSockaddr)->sin_addr.s_addr,
              inet_addr("192.0.2.2"), "the address");
  Expect(result->lpBlob != nullptr && memcmp(result->lpBlob->pBlobData, "192.0.2.2", 9) == 0,
         "blob");
  ExpectEqual(WSALookupServiceEnd(handle), 0, "end");
}

void Unicode() {
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  Session session;
  Query query(kPlainSpace);
  const std::vector<std::wstring> names = query.All();
  ExpectEqual(static_cast<long long>(names.size()), 3, "results");
  Expect(names.size() == 3 && names[0] == L"alpha.plain" && names[2] == L"gamma.plain", "names");
  query.Next();
  ExpectEqual(query.error, WSA_E_NO_MORE, "the provider's own answer, again");
  const Query named(0, &kPlain, L"alpha.plain");
  ExpectEqual(named.result, 0, "by provider");
  const GUID unknown = Probe(99);
  ExpectEqual(Query(0, &unknown).error, WSAEINVAL, "unknown provider");
}

void Handles() {
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  Session session;
  ExpectError(WSALookupServiceEnd(nullptr), WSA_INVALID_HANDLE, "NULL");
}

void JunkHandles() {
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  Session session;
  Query query(kPlainSpace);
  query.result = SOCKET_ERROR;  // ended below
  ExpectEqual(WSALookupServiceEnd(query.handle), 0, "end");
  ExpectError(WSALookupServiceEnd(query.handle), WSA_INVALID_HANDLE, "second end");
  BYTE buffer[512];
  DWORD length = sizeof buffer;
  auto* const set = reinterpret_cast<WSAQUERYSETW*>(buffer);
  ExpectError(WSALookupServiceNextW(query.handle, 0, &length, set), WSA_INVALID_HANDLE, "ended");
  const HANDLE junk = reinterpret_cast<HANDLE>(&length);
  ExpectError(WSALookupServiceNextW(junk, 0, &length, set), WSA_INVALID_HANDLE, "junk");
  ExpectError(WSANSPIoctl(junk, 0, nullptr, 0, nullptr, 0, &length, nullptr), WSA_INVALID_HANDLE,
              "junk ioctl");
}

void LastErrorStays() {
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  Session session;
  const Query warm_up(kPlainSpace);
  SetLastError(1234);
  Query query(kPlainSpace);
  ExpectEqual(query.error, 1234, "begin");
  BYTE buffer[1024];
  DWORD length = sizeof buffer;
  SetLastError(1234);
  ExpectEqual(
      WSALookupServiceNextW(query.handle, 0, &length, reinterpret_cast<WSAQUERYSETW*>(buffer)), 0,
      "next");
  ExpectEqual(GetLastError(), 1234, "next");
}

struct Cancelled {
  HANDLE handle;
  int result;
  DWORD error;
};

DWORD WINAPI WaitInNext(void* argument) {
  auto* const state = static_cast<Cancelled*>(argument);
  BYTE buffer[512];
  DWORD length = sizeof buffer;
  state->result =
      WSALookupServiceNextW(state->handle, 0, &length, reinterpret_cast<WSAQUERYSETW*>(buffer));
  state->error = GetLastError();
  return 0;
}

// End from another thread wakes a Next that waits in a provider (NSP_RIG_TCPIP_DELAY).
void EndWakesNext() {
  Session session;
  SetEnvironmentVariableW(L"NSP_RIG_TCPIP_DELAY", L"120000");
  Query query(NS_DNS, nullptr, L"slow.test");
  Cancelled waiting{query.handle, 0, 0};
  const HANDLE thread = CreateThread(nullptr, 0, WaitInNext, &waiting, 0, nullptr);
  ExpectEqual(WaitForSingleObject(thread, 100), WAIT_TIMEOUT, "it waits");
  query.result = SOCKET_ERROR;  // ended here
  ExpectEqual(WSALookupServiceEnd(query.handle), 0, "end");
  ExpectEqual(WaitForSingleObject(thread, 60000), WAIT_OBJECT_0, "it wakes");
  ExpectEqual(waiting.result, SOCKET_ERROR, "the waiting call fails");
  ExpectEqual(waiting.error, WSA_E_CANCELLED, "cancelled");
  CloseHandle(thread);
  SetEnvironmentVariableW(L"NSP_RIG_TCPIP_DELAY", nullptr);
}

void Resolver() {
  Session session;
  const GUID class_a = {0x00090035, 0, 1, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}};
  Query local(NS_DNS, nullptr, L"localhost", &class_a);
  Expect(local.Next() == L"localhost", "localhost is found");
  Query missing(NS_DNS, nullptr, L"one.nsp.test", &class_a);
  missing.Next();
  ExpectEqual(missing.error, WSASERVICE_NOT_FOUND, "a name that cannot exist");
}

}  // namespace

void LookupCases() {
  Run("BEGIN-16 NULL pointers", NullPointers);
  Run("BEGIN-17 dwSize 0", ZeroSize);
  Run("BEGIN-18 NULL class", NullClass);
  Run("NEXT-20 exhausted", Exhausted);
  Run("nothing delivered", NothingDelivered);
  Run("NEXT-21 small ANSI buffer", AnsiRetry);
  Run("ANSI fields", AnsiFields);
  Run("Unicode results", Unicode);
  Run("END-05 NULL", Handles);
  Run("junk handles", JunkHandles);
  Run("last error stays", LastErrorStays);
  Run("End wakes Next", EndWakesNext);
  Run("stand-in resolver", Resolver);
}

}  // namespace rig_test
