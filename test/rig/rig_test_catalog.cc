// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Installation, order and enumeration: the INST rows, and the registry shape behind them.
#include <algorithm>
#include <cstring>

#include "rig_test.h"

namespace rig_test {
namespace {

constexpr wchar_t kCatalog[] =
    L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters\\NameSpace_Catalog5";

struct Listing {
  std::vector<BYTE> buffer;
  int count = SOCKET_ERROR;
  const WSANAMESPACE_INFOW* infos() const {
    return reinterpret_cast<const WSANAMESPACE_INFOW*>(buffer.data());
  }
  const WSANAMESPACE_INFOW* Find(const GUID& id) const {
    for (int i = 0; i < count; ++i) {
      if (IsEqualGUID(infos()[i].NSProviderId, id)) return &infos()[i];
    }
    return nullptr;
  }
};

Listing List() {
  Listing listing;
  listing.buffer.resize(16384);
  DWORD length = static_cast<DWORD>(listing.buffer.size());
  listing.count = WSAEnumNameSpaceProvidersW(
      &length, reinterpret_cast<WSANAMESPACE_INFOW*>(listing.buffer.data()));
  return listing;
}

DWORD RegistryDword(const wchar_t* name) {
  DWORD value = 0;
  DWORD size = sizeof value;
  RegGetValueW(HKEY_LOCAL_MACHINE, kCatalog, name, RRF_RT_REG_DWORD, nullptr, &value, &size);
  return value;
}

// LibraryPath of the last entry of the own width.
std::wstring LastPath() {
  const bool wide = sizeof(void*) == 8;
  wchar_t key[256];
  swprintf(key, 256, L"%ls\\%ls\\%012lu", kCatalog,
           wide ? L"Catalog_Entries64" : L"Catalog_Entries",
           RegistryDword(wide ? L"Num_Catalog_Entries64" : L"Num_Catalog_Entries"));
  wchar_t path[512] = L"";
  DWORD size = sizeof path;
  RegGetValueW(HKEY_LOCAL_MACHINE, key, L"LibraryPath", RRF_RT_REG_SZ | RRF_NOEXPAND, nullptr, path,
               &size);
  return path;
}

void InstallAndList() {
  const DWORD serial = RegistryDword(L"Serial_Access_Num");
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  ExpectEqual(RegistryDword(L"Serial_Access_Num"), serial + 1, "serial after an installation");
  Session session;
  const Listing listing = List();
  const WSANAMESPACE_INFOW* const info = listing.Find(kPlain);
  Expect(info != nullptr, "the entry is listed");
  if (info == nullptr) return;
  Expect(info == &listing.infos()[listing.count - 1], "it comes last");
  ExpectEqual(info->fActive, 1, "fActive");
  ExpectEqual(info->dwNameSpace, kPlainSpace, "dwNameSpace");
  ExpectEqual(info->dwVersion, 7, "dwVersion");
  Expect(wcscmp(info->lpszIdentifier, L"rig test") == 0, "lpszIdentifier");
}

void InstallTwice() {
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  wchar_t name[] = L"again";
  wchar_t path[] = L"other.dll";
  GUID id = kPlain;
  ExpectError(WSCInstallNameSpace(name, path, 2003, 1, &id), WSANO_RECOVERY, "same GUID again");
  ExpectError(WSCInstallNameSpace(name, nullptr, 2003, 1, &id), WSAEINVAL, "without a path");
}

void PathUnexpanded() {
  std::wstring folder = Beside(L"");
  folder.pop_back();
  SetEnvironmentVariableW(L"RIG_TEST_FOLDER", folder.c_str());
  Installed plain(kPlain, kPlainSpace, L"%RIG_TEST_FOLDER%\\plain.dll");
  Expect(LastPath() == L"%RIG_TEST_FOLDER%\\plain.dll", "stored as it was given");
  Session session;
  ExpectEqual(Query(kPlainSpace).result, 0, "it loads from the expanded path");
}

void UninstallErrors() {
  GUID unknown = Probe(99);
  ExpectError(WSCUnInstallNameSpace(&unknown), WSAEINVAL, "unknown GUID");
  ExpectError(WSCUnInstallNameSpace(nullptr), WSAEFAULT, "NULL");
}

void Disable() {
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  GUID id = kPlain;
  ExpectEqual(WSCEnableNSProvider(&id, FALSE), 0, "disabling");
  {
    Session session;
    const Listing listing = List();
    const WSANAMESPACE_INFOW* const info = listing.Find(kPlain);
    Expect(info != nullptr && !info->fActive, "listed as inactive");
    ExpectEqual(Query(kPlainSpace).error, WSASERVICE_NOT_FOUND, "not asked");
  }
  ExpectEqual(WSCEnableNSProvider(&id, TRUE), 0, "enabling");
  Session session;
  ExpectEqual(Query(kPlainSpace).result, 0, "asked again");
  GUID unknown = Probe(99);
  ExpectError(WSCEnableNSProvider(&unknown, TRUE), WSAEINVAL, "unknown GUID");
  ExpectError(WSCEnableNSProvider(nullptr, TRUE), WSAEFAULT, "NULL");
}

void OrderIncomplete() {
  Installed one(Probe(1));
  Installed two(Probe(2));
  Session session;
  std::vector<GUID> ids = Enumerate();
  const std::vector<GUID> before = ids;
  const auto count = static_cast<DWORD>(ids.size());
  ExpectEqual(WSCWriteNameSpaceOrder(ids.data(), count - 1), WSAEINVAL, "one missing");
  ExpectEqual(WSCWriteNameSpaceOrder(nullptr, count), WSAEFAULT, "NULL");
  ids[1] = ids[0];
  ExpectEqual(WSCWriteNameSpaceOrder(ids.data(), count), WSAEINVAL, "one twice");
  ids = before;
  ids.back() = Probe(99);
  ExpectEqual(WSCWriteNameSpaceOrder(ids.data(), count), WSAEINVAL, "one unknown");
  Expect(IsEqualGUID(Enumerate().back(), before.back()), "nothing changed");
}

void OrderReversed() {
  Installed one(Probe(1));
  Installed two(Probe(2));
  std::vector<GUID> ids;
  {
    Session session;
    ids = Enumerate();
  }
  const std::vector<GUID> before = ids;
  std::reverse(ids.begin(), ids.end());
  const auto count = static_cast<DWORD>(ids.size());
  ExpectEqual(WSCWriteNameSpaceOrder(ids.data(), count), 0, "reversing");
  {
    Session session;
    Expect(IsEqualGUID(Enumerate().front(), before.back()), "enumeration is reversed");
    ProbeCalls();
    const Query query(kProbeSpace);
    const std::vector<std::string> calls = ProbeCalls();
    const auto first = std::find_if(calls.begin(), calls.end(), [](const std::string& call) {
      return call.find("NSPLookupServiceBegin") == 0;
    });
    Expect(first != calls.end() && first->find("Begin 2 ") != std::string::npos,
           "the second probe is asked first");
  }
  std::vector<GUID> copy = before;
  ExpectEqual(WSCWriteNameSpaceOrder(copy.data(), count), 0, "restoring");
}

void OtherWidth() {
#ifdef _WIN64
  wchar_t name[] = L"rig test 32";
  wchar_t path[] = L"C:\\nowhere\\plain.dll";
  GUID id = kPlain;
  ExpectEqual(WSCInstallNameSpace32(name, path, kPlainSpace, 1, &id), 0, "installing");
  {
    Session session;
    Expect(List().Find(kPlain) == nullptr, "not in the 64-bit catalog");
    std::vector<BYTE> buffer(16384);
    DWORD length = static_cast<DWORD>(buffer.size());
    auto* const infos = reinterpret_cast<WSANAMESPACE_INFOW*>(buffer.data());
    const int count = WSCEnumNameSpaceProviders32(&length, infos);
    Expect(count > 0 && IsEqualGUID(infos[count - 1].NSProviderId, kPlain),
           "last in the 32-bit catalog");
  }
  ExpectEqual(WSCEnableNSProvider32(&id, FALSE), 0, "disabling");
  ExpectEqual(WSCUnInstallNameSpace32(&id), 0, "uninstalling");
  ExpectError(WSCUnInstallNameSpace32(&id), WSAEINVAL, "uninstalling twice");
#else
  Expect(GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), "WSCInstallNameSpace32") == nullptr,
         "the 32-bit DLL has no 32 forms");
  Session session;
  const Listing listing = List();
  ExpectEqual(listing.count, RegistryDword(L"Num_Catalog_Entries"), "only 32-bit entries");
#endif
}

void ListSize() {
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  DWORD length = 0;
  Session session;
  ExpectError(WSAEnumNameSpaceProvidersW(&length, nullptr), WSAEFAULT, "length 0");
  Expect(length > sizeof(WSANAMESPACE_INFOW), "a size is told");
  if (length == 0) return;
  std::vector<BYTE> buffer(length + 1);
  DWORD less = length - 1;
  auto* const infos = reinterpret_cast<WSANAMESPACE_INFOW*>(buffer.data());
  ExpectError(WSAEnumNameSpaceProvidersW(&less, infos), WSAEFAULT, "one byte less");
  Expect(WSAEnumNameSpaceProvidersW(&length, infos) >= 1, "the told size suffices");
}

void ListLayout() {
  Installed plain(kPlain, kPlainSpace, Beside(L"plain.dll"));
  Session session;
  const Listing listing = List();
  Expect(listing.count >= 2, "two entries or more");
  const auto* const strings = reinterpret_cast<const BYTE*>(listing.infos() + listing.count);
  for (int i = 0; i < listing.count; ++i) {
    const auto* const at = reinterpret_cast<const BYTE*>(listing.infos()[i].lpszIdentifier);
    Expect(at >= strings && at < listing.buffer.data() + listing.buffer.size(),
           "strings stand behind all structures");
  }
}

void OtherForms() {
  BYTE bytes[] = {1, 2, 3, 4, 5};
  BLOB blob{sizeof bytes, bytes};
  wchar_t name[] = L"rig ex";
  std::wstring path = Beside(L"plain.dll");
  GUID id = kPlain;
  ExpectEqual(WSCInstallNameSpaceEx(name, path.data(), kPlainSpace, 1, &id, &blob), 0, "Ex form");
  {
    Session session;
    std::vector<BYTE> buffer(16384);
    DWORD length = static_cast<DWORD>(buffer.size());
    auto* const ex = reinterpret_cast<WSANAMESPACE_INFOEXW*>(buffer.data());
    int count = WSAEnumNameSpaceProvidersExW(&length, ex);
    Expect(count > 0 && ex[count - 1].ProviderSpecific.cbSize == sizeof bytes &&
               memcmp(ex[count - 1].ProviderSpecific.pBlobData, bytes, sizeof bytes) == 0,
           "the installer's blob comes back");
    auto* const ansi = reinterpret_cast<WSANAMESPACE_INFOA*>(buffer.data());
    length = static_cast<DWORD>(buffer.size());
    count = WSAEnumNameSpaceProvidersA(&length, ansi);
    Expect(count > 0 && strcmp(ansi[count - 1].lpszIdentifier, "rig ex") == 0, "ANSI name");
  }
  ExpectEqual(WSCUnInstallNameSpace(&id), 0, "uninstalling");
}

void DefaultEntries() {
  Session session;
  const Listing listing = List();
  Expect(listing.count >= 2, "two entries or more");
  if (listing.count < 2) return;
  ExpectEqual(listing.infos()[0].dwNameSpace, NS_DNS, "Tcpip");
  ExpectEqual(listing.infos()[1].dwNameSpace, NS_NLA, "NLA");
}

// What a running process sees of changes that others make while it runs (contract 5.3).
void RunningProcess() {
  Session session;
  ExpectEqual(Query(kProbeSpace).result, SOCKET_ERROR, "before");
  {
    Installed probe(Probe(1));
    ExpectEqual(Query(kProbeSpace).result, 0, "a new entry appears");
    GUID id = Probe(1);
    WSCEnableNSProvider(&id, FALSE);
    ExpectEqual(Query(kProbeSpace).result, 0, "a known entry stays as it was");
    ExpectEqual(static_cast<long long>(CountCalls(ProbeCalls(), "NSPCleanup")), 0, "it is kept");
  }
  ExpectEqual(Query(kProbeSpace).result, SOCKET_ERROR, "a removed entry leaves");
  ExpectEqual(static_cast<long long>(CountCalls(ProbeCalls(), "NSPCleanup")), 1, "cleaned up");
}

// A query keeps its provider, removed or not, until it ends.
void RemovedWhileAsked() {
  Session session;
  {
    Installed probe(Probe(1));
    Query asked(kProbeSpace);
    GUID id = Probe(1);
    ExpectEqual(WSCUnInstallNameSpace(&id), 0, "uninstalling");
    ExpectEqual(Query(kProbeSpace).result, SOCKET_ERROR, "new queries do not reach it");
    Expect(asked.Next() == L"probe-1-1", "the open one does");
    ExpectEqual(static_cast<long long>(CountCalls(ProbeCalls(), "NSPCleanup")), 0, "kept");
  }
  ExpectEqual(static_cast<long long>(CountCalls(ProbeCalls(), "NSPCleanup")), 1, "cleaned up");
}

}  // namespace

void CatalogCases() {
  Run("default catalog", DefaultEntries);
  Run("INST-01 install and list", InstallAndList);
  Run("INST-02 install twice", InstallTwice);
  Run("INST-04 path with a variable", PathUnexpanded);
  Run("INST-05 uninstall unknown or NULL", UninstallErrors);
  Run("INST-06 disable", Disable);
  Run("INST-08 order of an incomplete list", OrderIncomplete);
  Run("INST-09 order reversed", OrderReversed);
  Run("INST-10 catalog of the other width", OtherWidth);
  Run("INST-11 size of the list", ListSize);
  Run("INST-12 layout of the list", ListLayout);
  Run("other forms of install and list", OtherForms);
  Run("INST-07 running process", RunningProcess);
  Run("removed while asked", RemovedWhileAsked);
}

}  // namespace rig_test
