// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Asking providers for names; see resolve.h.
#include "resolve.h"

#include <algorithm>
#include <ws2tcpip.h>

#include "switches.h"

namespace rig {

// A query that has begun. It is ended once: by this scope, or before by the interrupt.
class Questioned {
 public:
  Questioned(Interrupt* interrupt, std::shared_ptr<Query> query)
      : interrupt_(interrupt), query_(std::move(query)) {
    if (interrupt_ == nullptr) return;
    ExclusiveLock lock(&interrupt_->lock_);
    interrupt_->current_ = query_;
  }
  ~Questioned() {
    bool ended = false;
    if (interrupt_ != nullptr) {
      ExclusiveLock lock(&interrupt_->lock_);
      ended = interrupt_->current_ == nullptr;
      interrupt_->current_.reset();
    }
    KeepLastError keep;
    if (!ended) query_->End();
  }
  Questioned(const Questioned&) = delete;
  Questioned& operator=(const Questioned&) = delete;

 private:
  Interrupt* interrupt_;
  std::shared_ptr<Query> query_;
};

void Interrupt::Raise() {
  std::shared_ptr<Query> query;
  {
    ExclusiveLock lock(&lock_);
    raised_ = true;
    query = std::move(current_);
    current_.reset();
  }
  if (query != nullptr) query->End();
}

bool Interrupt::raised() {
  ExclusiveLock lock(&lock_);
  return raised_;
}

namespace {

// As large as the first attempts of ws2_32; results that need more say so.
constexpr size_t kFirstBuffer = 512;

// GetXbyY and getaddrinfo speak of these two, and of no others.
constexpr AFPROTOCOLS kInetProtocols[] = {{AF_INET, IPPROTO_UDP}, {AF_INET, IPPROTO_TCP}};

bool InetOnly(const GUID& class_id) {
  return class_id.Data1 >> 16 == 0x0002;  // the classes of GetXbyY
}

int BeginAt(Query& query, const std::shared_ptr<Provider>& provider, const Question& question) {
  GUID class_id = question.class_id;
  std::wstring name = question.name;
  AFPROTOCOLS protocols[2];
  std::copy_n(kInetProtocols, 2, protocols);
  WSAQUERYSETW set{};
  set.dwSize = sizeof set;
  set.lpszServiceInstanceName = name.data();
  set.lpServiceClassId = &class_id;
  set.dwNameSpace = question.name_space;
  if (InetOnly(class_id)) {
    set.dwNumberOfProtocols = 2;
    set.lpafpProtocols = protocols;
  }
  return query.Begin({provider}, &set, question.flags);
}

// Reads the provider to its end. 0 if anything was taken.
DWORD AskOne(const std::shared_ptr<Provider>& provider, const Question& question,
             const TakeResult& take, Interrupt* interrupt, Taken* last) {
  const auto query = std::make_shared<Query>();
  if (BeginAt(*query, provider, question) != 0) return GetLastError();
  const Questioned questioned(interrupt, query);
  std::vector<BYTE> buffer(kFirstBuffer);
  bool taken = false;
  while (*last != Taken::kEnough) {
    if (interrupt != nullptr && interrupt->raised()) return WSA_E_CANCELLED;
    auto* const result = reinterpret_cast<WSAQUERYSETW*>(buffer.data());
    DWORD length = static_cast<DWORD>(buffer.size());
    if (query->Next(0, &length, result) == 0) {
      *last = take(*result);
      taken |= *last != Taken::kNothing;
      continue;
    }
    const DWORD code = GetLastError();
    if (code == WSAEFAULT && length > buffer.size()) {
      buffer.resize(length);
    } else {
      return taken ? 0 : code;
    }
  }
  return 0;
}

// How much each code tells, the most telling first.
constexpr DWORD kRanking[] = {
    0,          WSA_E_CANCELLED,  WSATRY_AGAIN, WSANO_RECOVERY, WSA_NOT_ENOUGH_MEMORY,
    WSANO_DATA, WSAHOST_NOT_FOUND};

}  // namespace

DWORD Ask(const Providers& providers, const Question& question, const TakeResult& take,
          Interrupt* interrupt) {
  DWORD outcome = WSAHOST_NOT_FOUND;
  Taken last = Taken::kNothing;
  for (const auto& provider : providers) {
    outcome = MoreTelling(outcome, NameCode(AskOne(provider, question, take, interrupt, &last)));
    if (last == Taken::kEnough || outcome == WSA_E_CANCELLED) break;
  }
  return outcome;
}

DWORD NameCode(DWORD code) {
  switch (code) {
    case 0:
    case WSANO_DATA:
    case WSATRY_AGAIN:
    case WSA_NOT_ENOUGH_MEMORY:
    case WSA_E_CANCELLED:
      return code;
    case WSASERVICE_NOT_FOUND:
    case WSATYPE_NOT_FOUND:
    case WSAHOST_NOT_FOUND:
    case WSA_E_NO_MORE:
    case WSAENOMORE:
      return WSAHOST_NOT_FOUND;
    case WSAECANCELLED:
      return WSA_E_CANCELLED;
    case WSAENOBUFS:
      return WSA_NOT_ENOUGH_MEMORY;
    default:
      return WSANO_RECOVERY;
  }
}

DWORD MoreTelling(DWORD one, DWORD other) {
  for (const DWORD code : kRanking) {
    if (one == code || other == code) return code;
  }
  return one;
}

std::wstring ReverseName(const SOCKADDR* address, int size) {
  std::wstring name;
  if (address->sa_family == AF_INET && size >= static_cast<int>(sizeof(SOCKADDR_IN))) {
    const auto* const in = reinterpret_cast<const SOCKADDR_IN*>(address);
    const auto* const bytes = reinterpret_cast<const BYTE*>(&in->sin_addr);
    for (int i = 3; i >= 0; --i)
      name += std::to_wstring(bytes[i]) + L'.';
    return name + L"in-addr.arpa.";
  }
  if (address->sa_family == AF_INET6 && size >= static_cast<int>(sizeof(SOCKADDR_IN6))) {
    const auto* const in6 = reinterpret_cast<const SOCKADDR_IN6*>(address);
    const auto* const bytes = reinterpret_cast<const BYTE*>(&in6->sin6_addr);
    constexpr wchar_t kDigits[] = L"0123456789abcdef";
    for (int i = 15; i >= 0; --i) {
      for (const int nibble : {bytes[i] & 15, bytes[i] >> 4})
        (name += kDigits[nibble]) += L'.';
    }
    return name + L"ip6.arpa.";
  }
  return name;
}

bool NameProviders(DWORD name_space, Providers* providers) {
  KeepLastError keep;
  if (SelectProviders(nullptr, name_space, providers) != 0) return false;
  return std::any_of(providers->begin(), providers->end(),
                     [](const auto& provider) { return provider->entry().name_space == NS_DNS; });
}

}  // namespace rig
