// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See query.h.
#include "query.h"

#include "memory.h"
#include "switches.h"

namespace faulty {
namespace {

constexpr DWORD kContainers = 0x2;
constexpr DWORD kNoContainers = 0x4;
constexpr DWORD kHighFlags = 0x01100000;
constexpr DWORD kNsDns = 12;

bool CopyText(const wchar_t* from, std::wstring* to) {
  return !from || ReadText(from, to);
}

bool CopyFields(const WSAQUERYSETW& raw, Query* query) {
  query->has_name = raw.lpszServiceInstanceName != nullptr;
  query->client_name = raw.lpszServiceInstanceName;
  if (!CopyText(raw.lpszServiceInstanceName, &query->name)) return false;
  query->has_name = query->has_name && !query->name.empty();
  query->has_class = raw.lpServiceClassId != nullptr;
  if (query->has_class && !ReadMemory(raw.lpServiceClassId, &query->service_class, sizeof(GUID))) {
    return false;
  }
  query->has_provider = raw.lpNSProviderId != nullptr;
  if (query->has_provider && !ReadMemory(raw.lpNSProviderId, &query->provider, sizeof(GUID))) {
    return false;
  }
  query->name_space = raw.dwNameSpace;
  if (!CopyText(raw.lpszContext, &query->context)) return false;
  if (!CopyText(raw.lpszQueryString, &query->query_string)) return false;
  if (raw.lpafpProtocols && raw.dwNumberOfProtocols > 0) {
    if (raw.dwNumberOfProtocols > 1024) return false;
    query->protocols.resize(raw.dwNumberOfProtocols);
    const size_t size = raw.dwNumberOfProtocols * sizeof(AFPROTOCOLS);
    if (!ReadMemory(raw.lpafpProtocols, query->protocols.data(), size)) return false;
  }
  if (raw.lpBlob) {
    BLOB blob;
    if (!ReadMemory(raw.lpBlob, &blob, sizeof(blob)) || blob.cbSize > 0x100000) return false;
    query->blob.resize(blob.cbSize);
    if (!ReadMemory(blob.pBlobData, query->blob.data(), blob.cbSize)) return false;
  }
  return true;
}

bool EndsWith(const std::wstring& text, const std::wstring& end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// 10.1.x.y, as gethostbyaddr asks.
bool IsOwnAddress(const std::wstring& key) {
  return key.compare(0, 5, L"10.1.") == 0 &&
         key.find_first_not_of(L"0123456789.") == std::wstring::npos;
}

// y.x.1.10.in-addr.arpa, as getnameinfo asks.
bool IsOwnReverse(const std::wstring& key) {
  return EndsWith(key, L".1.10.in-addr.arpa");
}

bool IsOurs(const Query& query) {
  const Entry& entry = kEntryTable[query.entry];
  if (query.has_provider && !IsEqualGUID(query.provider, entry.id)) return false;
  if (query.name_space != 0 && query.name_space != entry.name_space) return false;
  if (entry.name_space == kNsDns) return query.has_name && OwnsName(query);
  return query.has_provider || query.name_space == entry.name_space;
}

DWORD CheckKind(const Query& query) {
  if ((query.flags & kContainers) && !Broken(Switch::kContainersAccepted)) return WSANO_DATA;
  const bool top = query.context == L"\\";
  if (top && Broken(Switch::kTopContextRefused)) return WSANO_DATA;
  if (!top && !query.context.empty() && !Broken(Switch::kContextIgnored)) return WSANO_DATA;
  if (query.protocols.empty() || Broken(Switch::kProtocolsIgnored)) return 0;
  return query.AcceptsFamily(AF_INET) || query.AcceptsFamily(AF_INET6) ? 0 : WSANO_DATA;
}

}  // namespace

bool OwnsName(const Query& query) {
  const std::wstring suffix = L".nsp.test";
  const std::wstring& key = query.key;
  if (kEntryTable[query.entry].name_space != kNsDns || key == L"nsp.test") return true;
  if (key == L"nspecho/tcp" || key == L"7007/tcp") return true;
  return EndsWith(key, suffix) || IsOwnAddress(key) || IsOwnReverse(key);
}

void Query::TakeKey() {
  key = Lower(name);
  if (key.size() > 1 && key.back() == L'.') key.pop_back();
}

bool Query::AcceptsFamily(int family) const {
  const Kind asked = kind();
  const bool v4_only =
      asked == Kind::kA || asked == Kind::kHostByName || asked == Kind::kHostByAddress;
  if (v4_only && family != AF_INET) return false;
  if (asked == Kind::kAaaa && family != AF_INET6) return false;
  if (protocols.empty()) return true;
  for (const AFPROTOCOLS& protocol : protocols) {
    if (protocol.iAddressFamily == family) return true;
    if (protocol.iAddressFamily == AF_UNSPEC && !Broken(Switch::kUnspecRefused)) return true;
  }
  return false;
}

DWORD ReadQuery(int entry, WSAQUERYSETW* from, const WSASERVICECLASSINFOW* info, DWORD flags,
                const ControlFile* control, Query* query) {
  WSAQUERYSETW raw = {};
  if (!ReadMemory(&from->dwSize, &raw.dwSize, sizeof(raw.dwSize))) return WSAEFAULT;
  if (raw.dwSize < sizeof(raw)) {
    return Broken(Switch::kQuerySizeCode) ? WSA_INVALID_PARAMETER : WSAEFAULT;
  }
  if (!ReadMemory(from, &raw, sizeof(raw))) return WSAEFAULT;
  query->entry = entry;
  query->flags = flags;
  if (!CopyFields(raw, query)) return WSAEFAULT;
  query->TakeKey();
  if ((flags & kContainers) && (flags & kNoContainers)) {
    return Broken(Switch::kContradictionCode) ? WSAEINVAL : WSA_INVALID_PARAMETER;
  }
  if ((flags & kHighFlags) && Broken(Switch::kHighFlagsRefused)) return WSA_INVALID_PARAMETER;
  if (info && !info->lpszServiceClassName && Broken(Switch::kPartialClassRefused)) {
    return WSA_INVALID_PARAMETER;
  }
  const bool open = control && (control->retired == 0 || Broken(Switch::kRetiredIgnored));
  if (!open) return WSASERVICE_NOT_FOUND;
  if (!IsOurs(*query) && !Broken(Switch::kForeignNameAccepted)) return WSASERVICE_NOT_FOUND;
  if (Broken(Switch::kQueryWritten)) from->dwOutputFlags ^= 1;
  return CheckKind(*query);
}

uint64_t SampleCounters(const ControlFile& control, const Query& query) {
  const auto value = [](const volatile LONG& counter) {
    return static_cast<uint64_t>(static_cast<ULONG>(counter));
  };
  uint64_t sum = value(control.global) + value(control.entries[query.entry]);
  if (query.has_class) sum += value(control.classes[HashClass(query.service_class)]);
  if (!query.has_name) return sum + value(control.any);
  sum += value(control.names[HashText(query.key)]);
  for (size_t at = 0; at != std::wstring::npos;) {
    sum += value(control.suffixes[HashText(query.key.substr(at))]);
    const size_t dot = query.key.find(L'.', at);
    at = dot == std::wstring::npos ? dot : dot + 1;
  }
  return sum;
}

}  // namespace faulty
