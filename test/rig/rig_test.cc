// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Main program and harness of the rig's own test. Prints `ok NAME` or `not ok NAME` for each case,
// `N passed, N failed` at the end, and exits with 0 only if nothing failed.
#include "rig_test.h"

#include <cstdio>
#include <cstring>

namespace rig_test {
namespace {

int g_passed = 0;
int g_failed = 0;
int g_expectations = 0;
std::vector<std::string> g_complaints;

std::wstring LogPath() {
  wchar_t folder[MAX_PATH];
  GetTempPathW(MAX_PATH, folder);
  return folder + std::wstring(L"rig_test_") + std::to_wstring(GetCurrentProcessId()) + L".log";
}

}  // namespace

void Run(const char* name, void (*body)()) {
  g_expectations = 0;
  g_complaints.clear();
  ProbeCalls();
  body();
  if (g_expectations == 0) g_complaints.push_back("nothing was expected");
  if (g_complaints.empty()) {
    ++g_passed;
    printf("ok %s\n", name);
  } else {
    ++g_failed;
    printf("not ok %s\n", name);
    for (const std::string& complaint : g_complaints)
      printf("  %s\n", complaint.c_str());
  }
  fflush(stdout);
}

void Expect(bool holds, const char* what) {
  ++g_expectations;
  if (!holds) g_complaints.push_back(what);
}

void ExpectEqual(long long actual, long long expected, const char* what) {
  ++g_expectations;
  if (actual == expected) return;
  g_complaints.push_back(std::string(what) + ": " + std::to_string(actual) + " instead of " +
                         std::to_string(expected));
}

void ExpectError(int result, DWORD code, const char* what) {
  const DWORD error = GetLastError();
  ExpectEqual(result, SOCKET_ERROR, what);
  ExpectEqual(error, code, what);
}

Session::Session() {
  WSADATA data;
  WSAStartup(MAKEWORD(2, 2), &data);
}

Session::~Session() {
  WSACleanup();
}

std::wstring Beside(const wchar_t* file) {
  wchar_t path[MAX_PATH];
  GetModuleFileNameW(nullptr, path, MAX_PATH);
  std::wstring folder = path;
  folder.erase(folder.rfind(L'\\') + 1);
  return folder + file;
}

Installed::Installed(const GUID& id, DWORD name_space, const std::wstring& path) : id_(id) {
  std::wstring name = L"rig test";
  std::wstring copy = path;
  WSCUnInstallNameSpace(&id_);
  const int result = WSCInstallNameSpace(name.data(), copy.data(), name_space, 7, &id_);
  if (result != 0) ExpectEqual(GetLastError(), 0, "installing an entry");
}

Installed::~Installed() {
  WSCUnInstallNameSpace(&id_);
}

Query::Query(DWORD name_space, const GUID* id, const wchar_t* name, const GUID* class_id) {
  WSAQUERYSETW set{};
  set.dwSize = sizeof set;
  set.dwNameSpace = name_space;
  set.lpNSProviderId = const_cast<GUID*>(id);
  set.lpszServiceInstanceName = const_cast<wchar_t*>(name);
  set.lpServiceClassId = const_cast<GUID*>(class_id);
  result = WSALookupServiceBeginW(&set, LUP_RETURN_ALL, &handle);
  error = GetLastError();
}

Query::~Query() {
  if (result == 0) WSALookupServiceEnd(handle);
}

std::wstring Query::Next() {
  std::vector<BYTE> buffer(4096);
  DWORD length = static_cast<DWORD>(buffer.size());
  auto* const set = reinterpret_cast<WSAQUERYSETW*>(buffer.data());
  if (WSALookupServiceNextW(handle, 0, &length, set) != 0) {
    error = GetLastError();
    return {};
  }
  return set->lpszServiceInstanceName != nullptr ? set->lpszServiceInstanceName : L"(no name)";
}

std::vector<std::wstring> Query::All() {
  std::vector<std::wstring> names;
  for (std::wstring name = Next(); !name.empty(); name = Next())
    names.push_back(name);
  return names;
}

std::vector<std::string> ProbeCalls() {
  std::vector<std::string> lines;
  FILE* const file = _wfopen(LogPath().c_str(), L"r");
  if (file == nullptr) return lines;
  char line[128];
  while (fgets(line, sizeof line, file) != nullptr) {
    line[strcspn(line, "\r\n")] = '\0';
    const char* const rest = strchr(line, ' ');
    lines.push_back(rest != nullptr ? rest + 1 : line);
  }
  fclose(file);
  DeleteFileW(LogPath().c_str());
  return lines;
}

size_t CountCalls(const std::vector<std::string>& calls, const char* start) {
  size_t count = 0;
  for (const std::string& call : calls) {
    if (call.compare(0, strlen(start), start) == 0) ++count;
  }
  return count;
}

std::vector<GUID> Enumerate() {
  std::vector<BYTE> buffer(16384);
  DWORD length = static_cast<DWORD>(buffer.size());
  auto* const infos = reinterpret_cast<WSANAMESPACE_INFOW*>(buffer.data());
  const int count = WSAEnumNameSpaceProvidersW(&length, infos);
  std::vector<GUID> ids;
  for (int i = 0; i < count; ++i)
    ids.push_back(infos[i].NSProviderId);
  return ids;
}

namespace {

bool SameIds(const std::vector<GUID>& a, const std::vector<GUID>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!IsEqualGUID(a[i], b[i])) return false;
  }
  return true;
}

std::vector<GUID> g_before;

std::vector<GUID> Now() {
  Session session;
  return Enumerate();
}

int Main() {
  SetEnvironmentVariableW(L"NSP_RIG_PROBE_LOG", LogPath().c_str());
  g_before = Now();
  CatalogCases();
  LookupCases();
  FanOutCases();
  NameCases();
  IoctlCases();
  ServiceCases();
  ClassCases();
  ChangeCases();
  Run("catalog is left as it was found",
      [] { Expect(SameIds(Now(), g_before), "the same entries in the same order"); });
  const HMODULE ws2_32 = GetModuleHandleW(L"ws2_32.dll");
  printf("# WPUQueueApc is %sexported\n",
         GetProcAddress(ws2_32, "WPUQueueApc") != nullptr ? "" : "not ");
  printf("%d passed, %d failed\n", g_passed, g_failed);
  return g_failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace rig_test

int wmain(int argc, wchar_t**) {
  if (argc > 1) {
    // A second process, which changes the catalog (rig_test_change.cc).
    rig_test::Installed entry(rig_test::Probe(9));
    return 0;
  }
  return rig_test::Main();
}
