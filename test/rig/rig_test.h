// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Harness of the rig's own test: cases named after checklist rows, entries that remove themselves.
#ifndef RIG_RIG_TEST_H_
#define RIG_RIG_TEST_H_

#include <string>
#include <vector>

#include "winsock.h"

namespace rig_test {

// Runs one case and prints its line. A case without a single expectation fails.
void Run(const char* name, void (*body)());

// Notes a failed expectation of the running case; `what` should say what was expected.
void Expect(bool holds, const char* what);
void ExpectEqual(long long actual, long long expected, const char* what);

// SOCKET_ERROR with this last error. To be called right after the call.
void ExpectError(int result, DWORD code, const char* what);

// Between WSAStartup and WSACleanup, the outermost ones: each session reads the catalog anew.
class Session {
 public:
  Session();
  ~Session();
};

// A library beside rig_test.exe.
std::wstring Beside(const wchar_t* file);

// Behaviours of probe.dll, see there.
enum Behaviour : unsigned short {
  kNormal = 0,
  kRefuseNotFound = 0x0001,
  kRefuseNoData = 0x0002,
  kNoIoctl = 0x0004,
  kStartFails = 0x0008,
  kNullSetService = 0x0010,
  kShortTable = 0x0020,
  kFindsNothing = 0x0040,
  kStores = 0x0080,
  kDenies = 0x0100,
};
constexpr DWORD kProbeSpace = 2002;
constexpr DWORD kPlainSpace = 2001;
constexpr GUID kPlain = {0x706c6169, 0x6e00, 0x4000, {0x80, 0, 'r', 'i', 'g', 0, 0, 1}};
constexpr GUID Probe(unsigned short number, unsigned short behaviour = kNormal) {
  return {0x70726f62, number, behaviour, {0x80, 0, 'r', 'i', 'g', 0, 0, 2}};
}

// A catalog entry that is removed with the scope.
class Installed {
 public:
  Installed(const GUID& id, DWORD name_space, const std::wstring& path);
  explicit Installed(const GUID& probe) : Installed(probe, kProbeSpace, Beside(L"probe.dll")) {}
  ~Installed();
  Installed(const Installed&) = delete;
  Installed& operator=(const Installed&) = delete;

 private:
  GUID id_;
};

// A query in a namespace, or of one provider.
class Query {
 public:
  explicit Query(DWORD name_space, const GUID* id = nullptr, const wchar_t* name = nullptr,
                 const GUID* class_id = nullptr);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  int result = SOCKET_ERROR;
  DWORD error = 0;
  HANDLE handle = nullptr;

  // Name of the next result; empty on failure, with `error` set.
  std::wstring Next();
  std::vector<std::wstring> All();
};

// Lines of the probe's log since the last call: "function number detail" of this process.
std::vector<std::string> ProbeCalls();
size_t CountCalls(const std::vector<std::string>& calls, const char* start);

std::vector<GUID> Enumerate();

void CatalogCases();
void LookupCases();
void FanOutCases();
void NameCases();
void IoctlCases();
void ServiceCases();
void ClassCases();
void ChangeCases();

}  // namespace rig_test

#endif  // RIG_RIG_TEST_H_
