// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A provider that records each call in the file named by NSP_RIG_PROBE_LOG and misbehaves as the
// GUID of its catalog entry asks: {70726f62-NNNN-BBBB-...}, NNNN is its number, BBBB the behaviour.
#include <cstdio>
#include <string>

#include "provider_kit.h"

namespace {

constexpr DWORD kNameSpace = 2002;

// Its own control code answers what it was told about the calling thread.
constexpr DWORD kWhoCalls = 0xD80000A0;
struct ThreadReport {
  DWORD given;        // 1: lpThreadId was not NULL
  DWORD same_thread;  // 1: ThreadHandle is a usable handle of the thread that called
  DWORD reserved;     // low half of Reserved
};

enum Behaviour : unsigned {
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

struct Lookup {
  GUID provider;
  DWORD flags;
  SRWLOCK lock = SRWLOCK_INIT;  // guards next
  int next = 0;
};

rig::LookupTable<Lookup> g_lookups;

// One line a call: process id, function, number of the provider, a detail.
void RecordText(const char* function, const GUID& id, const char* detail) {
  rig::KeepLastError keep;
  wchar_t path[MAX_PATH];
  if (GetEnvironmentVariableW(L"NSP_RIG_PROBE_LOG", path, MAX_PATH) == 0) return;
  const HANDLE file = CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                  nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) return;
  const std::string line = std::to_string(GetCurrentProcessId()) + ' ' + function + ' ' +
                           std::to_string(id.Data2) + ' ' + detail + '\n';
  DWORD written = 0;
  WriteFile(file, line.data(), static_cast<DWORD>(line.size()), &written, nullptr);
  CloseHandle(file);
}

void Record(const char* function, const GUID& id, DWORD detail) {
  RecordText(function, id, std::to_string(detail).c_str());
}

// Further lines about one call: what a test cannot see from outside.
void RecordWide(const char* what, const GUID& id, const wchar_t* text) {
  std::string narrow;
  for (; text != nullptr && *text != L'\0'; ++text)
    narrow += static_cast<char>(*text);
  RecordText(what, id, narrow.c_str());
}

// For what only stores support; `denial` is what one that denies says.
int StoreResult(const GUID& id, DWORD denial) {
  if ((id.Data3 & kDenies) != 0) return rig::Fail(denial);
  return (id.Data3 & kStores) != 0 ? 0 : rig::Fail(WSAEOPNOTSUPP);
}

INT WSAAPI Cleanup(LPGUID provider) {
  Record("NSPCleanup", *provider, 0);
  return 0;
}

INT WSAAPI Begin(LPGUID provider, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW, DWORD flags,
                 LPHANDLE handle) {
  Record("NSPLookupServiceBegin", *provider, restrictions->dwNameSpace);
  if ((provider->Data3 & kRefuseNotFound) != 0) return rig::Fail(WSASERVICE_NOT_FOUND);
  if ((provider->Data3 & kRefuseNoData) != 0) return rig::Fail(WSANO_DATA);
  const auto lookup = std::make_shared<Lookup>();
  lookup->provider = *provider;
  lookup->flags = flags;
  *handle = g_lookups.Add(lookup);
  return 0;
}

// Two results, probe-N-1 and probe-N-2.
INT WSAAPI Next(HANDLE handle, DWORD flags, LPDWORD length, LPWSAQUERYSETW results) {
  const std::shared_ptr<Lookup> lookup = g_lookups.Find(handle);
  if (lookup == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  Record("NSPLookupServiceNext", lookup->provider, *length);
  rig::ExclusiveLock lock(&lookup->lock);
  if ((lookup->provider.Data3 & kFindsNothing) != 0) return rig::Fail(WSASERVICE_NOT_FOUND);
  if (lookup->next == 2) return rig::Fail(WSA_E_NO_MORE);
  rig::Answer answer;
  wchar_t name[32];
  swprintf(name, 32, L"probe-%u-%d", static_cast<unsigned>(lookup->provider.Data2),
           lookup->next + 1);
  answer.name = name;
  answer.comment.assign(100, L'c');
  const int result = rig::WriteAnswer(answer, lookup->provider, kNameSpace,
                                      rig::EffectiveFlags(lookup->flags, flags), length, results);
  if (result == 0) ++lookup->next;
  return result;
}

INT WSAAPI End(HANDLE handle) {
  const std::shared_ptr<Lookup> lookup = g_lookups.Remove(handle);
  if (lookup == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  Record("NSPLookupServiceEnd", lookup->provider, 0);
  return 0;
}

INT WSAAPI Ioctl(HANDLE handle, DWORD code, LPVOID, DWORD, LPVOID out, DWORD out_size,
                 LPDWORD returned, LPWSACOMPLETION completion, LPWSATHREADID thread) {
  const std::shared_ptr<Lookup> lookup = g_lookups.Find(handle);
  if (lookup == nullptr) return rig::Fail(WSA_INVALID_HANDLE);
  Record("NSPIoctl", lookup->provider, code);
  if (code == SIO_NSP_NOTIFY_CHANGE) {
    if (completion == nullptr) return rig::Fail(WSAEWOULDBLOCK);
    return rig::Fail(IsBadReadPtr(completion, sizeof *completion) ? WSAEFAULT : WSAEOPNOTSUPP);
  }
  if (code != kWhoCalls) return rig::Fail(WSAEOPNOTSUPP);
  ThreadReport report{};
  if (out == nullptr || out_size < sizeof report) return rig::Fail(WSAEFAULT);
  if (thread != nullptr) {
    report.given = 1;
    report.same_thread = GetThreadId(thread->ThreadHandle) == GetCurrentThreadId() ? 1 : 0;
    report.reserved = static_cast<DWORD>(thread->Reserved);
  }
  memcpy(out, &report, sizeof report);
  if (returned != nullptr) *returned = sizeof report;
  return 0;
}

INT WSAAPI SetService(LPGUID provider, LPWSASERVICECLASSINFOW known, LPWSAQUERYSETW info,
                      WSAESETSERVICEOP operation, DWORD flags) {
  Record("NSPSetService", *provider, static_cast<DWORD>(operation));
  Record("control-flags", *provider, flags);
  Record("structure", *provider, static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(info)));
  Record("size", *provider, info->dwSize);
  RecordWide("instance", *provider, info->lpszServiceInstanceName);
  const bool same = known != nullptr && known->lpServiceClassId != nullptr &&
                    info->lpServiceClassId != nullptr &&
                    IsEqualGUID(*known->lpServiceClassId, *info->lpServiceClassId);
  RecordText("class", *provider, known == nullptr ? "none" : same ? "id" : "other");
  return StoreResult(*provider, WSAEACCES);
}

INT WSAAPI InstallClass(LPGUID provider, LPWSASERVICECLASSINFOW info) {
  Record("NSPInstallServiceClass", *provider, info->dwCount);
  Record("structure", *provider, static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(info)));
  RecordWide("class-name", *provider, info->lpszServiceClassName);
  for (DWORD i = 0; info->lpClassInfos != nullptr && i < info->dwCount; ++i) {
    RecordWide("property", *provider, info->lpClassInfos[i].lpszName);
    Record("value-size", *provider, info->lpClassInfos[i].dwValueSize);
  }
  return StoreResult(*provider, WSAEALREADY);
}

INT WSAAPI RemoveClass(LPGUID provider, LPGUID class_id) {
  Record("NSPRemoveServiceClass", *provider, class_id->Data2);
  return StoreResult(*provider, WSATYPE_NOT_FOUND);
}

// Every class is called probe-class-N and has one property, the DWORD 4711.
size_t PackClass(const GUID& provider, const GUID& class_id, BYTE* base) {
  rig::ResultPacker packer(base, sizeof(WSASERVICECLASSINFOW));
  const auto text = [&](const std::wstring& from) {
    return static_cast<wchar_t*>(packer.Add(from.c_str(), (from.size() + 1) * sizeof(wchar_t)));
  };
  WSANSCLASSINFOW property{};
  auto* const properties = static_cast<WSANSCLASSINFOW*>(packer.Add(&property, sizeof property));
  DWORD value = 4711;
  property.lpszName = text(L"Port");
  property.dwNameSpace = kNameSpace;
  property.dwValueType = REG_DWORD;
  property.dwValueSize = sizeof value;
  property.lpValue = packer.Add(&value, sizeof value);
  WSASERVICECLASSINFOW info{};
  info.lpServiceClassId = static_cast<GUID*>(packer.Add(&class_id, sizeof class_id));
  info.lpszServiceClassName = text(L"probe-class-" + std::to_wstring(provider.Data2));
  info.dwCount = 1;
  info.lpClassInfos = properties;
  if (base != nullptr) {
    memcpy(properties, &property, sizeof property);
    memcpy(base, &info, sizeof info);
  }
  return packer.used();
}

INT WSAAPI ClassInfo(LPGUID provider, LPDWORD length, LPWSASERVICECLASSINFOW info) {
  Record("NSPGetServiceClassInfo", *provider, *length);
  const int result = StoreResult(*provider, WSATYPE_NOT_FOUND);
  if (result != 0) return result;
  const GUID class_id = *info->lpServiceClassId;
  const size_t size = PackClass(*provider, class_id, nullptr);
  if (*length < size) {
    *length = static_cast<DWORD>(size);
    return rig::Fail(WSAEFAULT);
  }
  PackClass(*provider, class_id, reinterpret_cast<BYTE*>(info));
  return 0;
}

}  // namespace

extern "C" INT WSAAPI NSPStartup(LPGUID provider, LPNSP_ROUTINE routines) {
  if (provider == nullptr || routines == nullptr) return rig::Fail(WSAEINVAL);
  Record("NSPStartup", *provider, routines->cbSize);
  if ((provider->Data3 & kStartFails) != 0) return rig::Fail(WSASYSNOTREADY);
  rig::FillRoutines(routines);
  routines->NSPCleanup = Cleanup;
  routines->NSPLookupServiceBegin = Begin;
  routines->NSPLookupServiceNext = Next;
  routines->NSPLookupServiceEnd = End;
  routines->NSPIoctl = Ioctl;
  routines->NSPSetService = SetService;
  routines->NSPInstallServiceClass = InstallClass;
  routines->NSPRemoveServiceClass = RemoveClass;
  routines->NSPGetServiceClassInfo = ClassInfo;
  if ((provider->Data3 & kNoIoctl) != 0) routines->NSPIoctl = nullptr;
  if ((provider->Data3 & kNullSetService) != 0) routines->NSPSetService = nullptr;
  if ((provider->Data3 & kShortTable) != 0) routines->cbSize = sizeof *routines - sizeof(void*);
  return 0;
}
