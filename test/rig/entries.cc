// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// gethostbyname, gethostbyaddr, getservbyname and getservbyport: the first provider that gives a
// blob answers. Its offsets become pointers here, after each was checked against the blob.
#include "entries.h"

#include <cstddef>

#include "ansi.h"
#include "class_ids.h"
#include "resolve.h"
#include "startup.h"
#include "switches.h"
#include "thread_buffer.h"
#include "wine.h"

namespace rig {
namespace {

using Bytes = std::vector<BYTE>;

// Turns the offsets of one blob into addresses.
class BlobFixer {
 public:
  explicit BlobFixer(Bytes* blob, bool points = true) : blob_(blob), points_(points) {}

  // A pointer member that names a text.
  bool Text(size_t member) {
    const size_t at = Offset(member);
    if (at == 0 || at >= blob_->size()) return false;
    if (memchr(blob_->data() + at, 0, blob_->size() - at) == nullptr) return false;
    Point(member, at);
    return true;
  }

  // A pointer member that names an array of texts, or of values of `size` bytes each.
  bool Array(size_t member, size_t size) {
    const size_t array = Offset(member);
    if (array == 0) return false;
    for (size_t at = array;; at += sizeof(ULONG_PTR)) {
      if (at + sizeof(ULONG_PTR) > blob_->size()) return false;
      const size_t item = Offset(at);
      if (item == 0) break;
      if (size == 0 ? !Text(at) : !Value(at, size)) return false;
    }
    Point(member, array);
    return true;
  }

  // Ends an array before its first item.
  void Empty(size_t member) {
    const size_t array = Offset(member);
    if (array + sizeof(ULONG_PTR) <= blob_->size()) {
      memset(blob_->data() + array, 0, sizeof(ULONG_PTR));
    }
  }

 private:
  bool Value(size_t member, size_t size) {
    const size_t at = Offset(member);
    if (at > blob_->size() || blob_->size() - at < size) return false;
    Point(member, at);
    return true;
  }
  size_t Offset(size_t member) const {
    ULONG_PTR offset;
    memcpy(&offset, blob_->data() + member, sizeof offset);
    return offset;
  }
  void Point(size_t member, size_t offset) {
    if (!points_) return;
    const auto address = reinterpret_cast<ULONG_PTR>(blob_->data() + offset);
    memcpy(blob_->data() + member, &address, sizeof address);
  }

  Bytes* blob_;
  bool points_;
};

bool FixHost(Bytes* blob) {
  if (blob->size() < sizeof(hostent)) return false;
  hostent host;
  memcpy(&host, blob->data(), sizeof host);
  if (host.h_length <= 0) return false;
  BlobFixer fix(blob, !Broken(Switch::kHostentOffsets));
  if (Broken(Switch::kHostentAliases)) fix.Empty(offsetof(hostent, h_aliases));
  return fix.Text(offsetof(hostent, h_name)) && fix.Array(offsetof(hostent, h_aliases), 0) &&
         fix.Array(offsetof(hostent, h_addr_list), static_cast<size_t>(host.h_length));
}

bool FixService(Bytes* blob) {
  if (blob->size() < sizeof(servent)) return false;
  BlobFixer fix(blob);
  return fix.Text(offsetof(servent, s_name)) && fix.Array(offsetof(servent, s_aliases), 0) &&
         fix.Text(offsetof(servent, s_proto));
}

// The first blob that a provider gives; *nobody tells that there was no provider to ask.
std::optional<Bytes> FirstBlob(const GUID& class_id, const std::wstring& name, bool (*fix)(Bytes*),
                               bool* nobody) {
  Providers providers;
  *nobody = !NameProviders(NS_ALL, &providers);
  if (*nobody) return std::nullopt;
  Bytes found;
  const Question question{class_id, name, LUP_RETURN_NAME | LUP_RETURN_BLOB | LUP_API_ANSI, NS_ALL};
  const DWORD code = Ask(providers, question, [&](const WSAQUERYSETW& result) {
    const BLOB* const blob = result.lpBlob;
    if (blob == nullptr || blob->pBlobData == nullptr) return Taken::kNothing;
    // The vector's memory stays where it is when the vector is moved.
    Bytes copy(blob->pBlobData, blob->pBlobData + blob->cbSize);
    if (!fix(&copy)) return Taken::kNothing;
    found = std::move(copy);
    return Taken::kEnough;
  });
  if (!found.empty()) return std::optional<Bytes>(std::move(found));
  SetLastError(code != 0 ? code : WSANO_RECOVERY);
  return std::nullopt;
}

std::optional<Bytes> FindService(const std::wstring& name, bool* nobody) {
  std::optional<Bytes> found = FirstBlob(kClassServiceByName, name, FixService, nobody);
  // An unknown service is no unknown host.
  if (!found && GetLastError() == WSAHOST_NOT_FOUND) SetLastError(WSANO_DATA);
  return found;
}

template <class Entry>
Entry* Keep(ThreadBuffer which, std::optional<Bytes> blob, DWORD last_error) {
  if (!blob) return nullptr;
  BYTE* const kept = KeepInThread(which, std::move(*blob));
  SetLastError(kept != nullptr ? last_error : WSA_NOT_ENOUGH_MEMORY);
  return reinterpret_cast<Entry*>(kept);
}

template <class Function, class... Arguments>
auto CallWine(Function wine, Arguments... arguments) -> decltype(wine(arguments...)) {
  if (wine != nullptr) return wine(arguments...);
  SetLastError(WSASYSNOTREADY);
  return nullptr;
}

bool NotStarted() {
  if (Started()) return false;
  SetLastError(WSANOTINITIALISED);
  return true;
}

std::wstring Dotted(const char* address) {
  std::wstring text;
  for (int i = 0; i < 4; ++i)
    (text += i == 0 ? L"" : L".") += std::to_wstring(static_cast<BYTE>(address[i]));
  return text;
}

USHORT Swap(int port) {
  const auto given = static_cast<USHORT>(port);
  return static_cast<USHORT>(given << 8 | given >> 8);
}

std::wstring WithProtocol(std::wstring text, const char* protocol) {
  if (protocol != nullptr) (text += L'/') += Widen(protocol);
  return text;
}

bool IsAddress(const char* name) {
  const auto parse = RIG_WINE(inet_addr);
  return parse != nullptr && parse(name) != INADDR_NONE;
}

}  // namespace

std::optional<USHORT> ServicePort(const std::wstring& name, const char* protocol) {
  KeepLastError keep;
  bool nobody = false;
  const auto blob = FindService(WithProtocol(name, protocol), &nobody);
  const servent* service = blob ? reinterpret_cast<const servent*>(blob->data()) : nullptr;
  if (nobody) service = CallWine(RIG_WINE(getservbyname), Narrow(name.c_str()).c_str(), protocol);
  if (service == nullptr) return std::nullopt;
  return Swap(service->s_port);
}

}  // namespace rig

extern "C" hostent* WSAAPI gethostbyname(const char* name) {
  const DWORD before = GetLastError();
  if (rig::NotStarted()) return nullptr;
  if (name == nullptr || *name == '\0' || rig::IsAddress(name)) {
    return rig::CallWine(RIG_WINE(gethostbyname), name);
  }
  bool nobody = false;
  auto blob = rig::FirstBlob(rig::kClassHostByName, rig::Widen(name), rig::FixHost, &nobody);
  if (nobody) return rig::CallWine(RIG_WINE(gethostbyname), name);
  return rig::Keep<hostent>(rig::ThreadBuffer::kHost, std::move(blob), before);
}

extern "C" hostent* WSAAPI gethostbyaddr(const char* address, int size, int family) {
  const DWORD before = GetLastError();
  if (rig::NotStarted()) return nullptr;
  bool nobody = address == nullptr || size != 4 || family != AF_INET;
  if (!nobody) {
    auto blob =
        rig::FirstBlob(rig::kClassHostByAddress, rig::Dotted(address), rig::FixHost, &nobody);
    if (!nobody) return rig::Keep<hostent>(rig::ThreadBuffer::kHost, std::move(blob), before);
  }
  return rig::CallWine(RIG_WINE(gethostbyaddr), address, size, family);
}

extern "C" servent* WSAAPI getservbyname(const char* name, const char* protocol) {
  const DWORD before = GetLastError();
  if (rig::NotStarted()) return nullptr;
  bool nobody = name == nullptr;
  if (!nobody) {
    auto blob = rig::FindService(rig::WithProtocol(rig::Widen(name), protocol), &nobody);
    if (!nobody) return rig::Keep<servent>(rig::ThreadBuffer::kService, std::move(blob), before);
  }
  return rig::CallWine(RIG_WINE(getservbyname), name, protocol);
}

// The port is in network byte order.
extern "C" servent* WSAAPI getservbyport(int port, const char* protocol) {
  const DWORD before = GetLastError();
  if (rig::NotStarted()) return nullptr;
  bool nobody = false;
  const std::wstring text = std::to_wstring(rig::Swap(port));
  auto blob = rig::FindService(rig::WithProtocol(text, protocol), &nobody);
  if (!nobody) return rig::Keep<servent>(rig::ThreadBuffer::kService, std::move(blob), before);
  return rig::CallWine(RIG_WINE(getservbyport), port, protocol);
}
