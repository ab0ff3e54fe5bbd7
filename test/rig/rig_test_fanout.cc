// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Several providers in one query, loading and unloading: the START and DISP rows.
#include "rig_test.h"

namespace rig_test {
namespace {

void NullEntry() {
  Installed broken(Probe(1, kNullSetService));
  Installed no_ioctl(Probe(2, kNoIoctl));
  Session session;
  Query query(kProbeSpace);
  const std::vector<std::wstring> names = query.All();
  ExpectEqual(static_cast<long long>(names.size()), 2, "results of the second only");
  Expect(!names.empty() && names[0] == L"probe-2-1", "a NULL NSPIoctl is tolerated");
  const GUID id = Probe(1, kNullSetService);
  ExpectEqual(Query(0, &id).error, WSASERVICE_NOT_FOUND, "a NULL NSPSetService is not");
}

void NotStarted() {
  HANDLE handle = nullptr;
  DWORD length = 0;
  WSAQUERYSETW set{};
  set.dwSize = sizeof set;
  set.dwNameSpace = kProbeSpace;
  ExpectError(WSALookupServiceBeginW(&set, 0, &handle), WSANOTINITIALISED, "begin");
  ExpectError(WSALookupServiceNextW(handle, 0, &length, nullptr), WSANOTINITIALISED, "next");
  ExpectError(WSALookupServiceEnd(handle), WSANOTINITIALISED, "end");
  ExpectError(WSANSPIoctl(handle, 0, nullptr, 0, nullptr, 0, &length, nullptr), WSANOTINITIALISED,
              "ioctl");
  ExpectError(WSAEnumNameSpaceProvidersW(&length, nullptr), WSANOTINITIALISED, "enumeration");
  ExpectError(WSASetServiceW(nullptr, RNRSERVICE_REGISTER, 0), WSANOTINITIALISED, "registration");
  ExpectError(WSARemoveServiceClass(nullptr), WSANOTINITIALISED, "class");
  ExpectError(WSAProviderConfigChange(nullptr, nullptr, nullptr), WSANOTINITIALISED, "change");
  ExpectError(WSACleanup(), WSANOTINITIALISED, "cleanup");
}

void CatalogOrder() {
  Installed one(Probe(1));
  Installed two(Probe(2, kRefuseNotFound));
  Installed three(Probe(3));
  Session session;
  ProbeCalls();
  const Query query(NS_ALL);
  std::string order;
  for (const std::string& call : ProbeCalls()) {
    if (call.find("NSPLookupServiceBegin ") == 0) order += call[22];
  }
  Expect(order == "123", "all three, in catalog order");
}

void LastRefuses() {
  Installed one(Probe(1));
  Installed two(Probe(2, kRefuseNoData));
  Session session;
  Query query(kProbeSpace);
  ExpectEqual(query.result, 0, "one acceptance is enough");
}

void AllRefuse() {
  Installed one(Probe(1, kRefuseNotFound));
  Installed two(Probe(2, kRefuseNoData));
  Session session;
  const Query query(kProbeSpace);
  ExpectEqual(query.result, SOCKET_ERROR, "begin");
  ExpectEqual(query.error, WSANO_DATA, "the last one's error");
}

void NoMatch() {
  Session session;
  ExpectEqual(Query(54321).error, WSASERVICE_NOT_FOUND, "nobody has this namespace");
}

void LoadFailure() {
  Installed missing(Probe(1), kProbeSpace, L"C:\\nowhere\\probe.dll");
  Installed failing(Probe(2, kStartFails));
  Installed good(Probe(3));
  Session session;
  Query query(kProbeSpace);
  Expect(query.Next() == L"probe-3-1", "the others answer");
}

void OneAfterTheOther() {
  Installed one(Probe(1));
  Installed two(Probe(2));
  Session session;
  Query query(kProbeSpace);
  const std::vector<std::wstring> names = query.All();
  Expect(names.size() == 4 && names[1] == L"probe-1-2" && names[2] == L"probe-2-1",
         "the second goes on where the first ends");
}

void TooSmallIsPassedUp() {
  Installed one(Probe(1));
  Installed two(Probe(2));
  Session session;
  Query query(kProbeSpace);
  DWORD length = 0;
  ExpectError(WSALookupServiceNextW(query.handle, 0, &length, nullptr), WSAEFAULT, "size 0");
  std::vector<BYTE> buffer(length + 8);
  auto* const set = reinterpret_cast<WSAQUERYSETW*>(buffer.data());
  ExpectEqual(WSALookupServiceNextW(query.handle, 0, &length, set), 0, "retry");
  Expect(set->lpszServiceInstanceName != nullptr &&
             wcscmp(set->lpszServiceInstanceName, L"probe-1-1") == 0,
         "nothing was skipped");
}

void StartedOnce() {
  Installed one(Probe(1));
  ProbeCalls();
  Session outer;
  {
    Session inner;
    const Query first(kProbeSpace);
    const Query second(kProbeSpace);
  }
  const Query third(kProbeSpace);
  const std::vector<std::string> calls = ProbeCalls();
  ExpectEqual(static_cast<long long>(CountCalls(calls, "NSPStartup 1 ")), 1, "NSPStartup");
  ExpectEqual(static_cast<long long>(CountCalls(calls, "NSPCleanup 1 ")), 0, "NSPCleanup");
  ExpectEqual(static_cast<long long>(CountCalls(calls, "NSPLookupServiceEnd 1 ")), 2, "End");
}

void CleanedOnce() {
  Installed one(Probe(1));
  ProbeCalls();
  HANDLE open = nullptr;
  {
    Session session;
    Query query(kProbeSpace);
    open = query.handle;
    query.result = SOCKET_ERROR;  // left open on purpose
    Expect(GetModuleHandleW(L"probe.dll") != nullptr, "loaded");
  }
  ExpectEqual(static_cast<long long>(CountCalls(ProbeCalls(), "NSPCleanup 1 ")), 1, "NSPCleanup");
  Expect(GetModuleHandleW(L"probe.dll") == nullptr, "unloaded");
  Session session;
  ExpectError(WSALookupServiceEnd(open), WSA_INVALID_HANDLE, "the old handle is gone");
}

}  // namespace

void FanOutCases() {
  Run("START-12 NULL table entry", NullEntry);
  Run("DISP-01 no WSAStartup", NotStarted);
  Run("DISP-02 catalog order", CatalogOrder);
  Run("DISP-03 last refuses", LastRefuses);
  Run("DISP-04 all refuse", AllRefuse);
  Run("DISP-05 nobody matches", NoMatch);
  Run("DISP-06 provider that does not load", LoadFailure);
  Run("DISP-07 one after the other", OneAfterTheOther);
  Run("DISP-08 too small is passed up", TooSmallIsPassedUp);
  Run("DISP-09 started once", StartedOnce);
  Run("DISP-10 cleaned and unloaded once", CleanedOnce);
}

}  // namespace rig_test
