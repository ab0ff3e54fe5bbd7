// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The four addrinfo structures made from a list of addresses, and freed again.
#ifndef RIG_ADDRINFO_H_
#define RIG_ADDRINFO_H_

#include <type_traits>

#include "ansi.h"
#include "name_list.h"

namespace rig {

inline std::string CanonicalText(const std::wstring& text, char) {
  return Narrow(text.c_str());
}
inline std::wstring CanonicalText(const std::wstring& text, wchar_t) {
  return text;
}

// Frees a chain that MakeInfo made; NULL is an empty one.
template <class Info>
void FreeInfo(Info* info) {
  KeepLastError keep;
  while (info != nullptr) {
    // The headers give the Ex structures a successor of another, incomplete type.
    auto* const next = reinterpret_cast<Info*>(info->ai_next);
    HeapFree(GetProcessHeap(), 0, info);
    info = next;
  }
}

// One block for each item: the structure, its address, provider and name. Null without memory.
template <class Info>
Info* MakeOne(const NameItem& item) {
  using Char = std::remove_cv_t<std::remove_pointer_t<decltype(Info::ai_canonname)>>;
  const auto canonical = CanonicalText(item.canonical.value_or(L""), Char{});
  const size_t text_size = (canonical.size() + 1) * sizeof(Char);
  const size_t size = sizeof(Info) + sizeof(SOCKADDR_STORAGE) + sizeof(GUID) + text_size;
  auto* const block = static_cast<BYTE*>(HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size));
  if (block == nullptr) return nullptr;
  auto* const info = reinterpret_cast<Info*>(block);
  BYTE* const address = block + sizeof(Info);
  BYTE* const provider = address + sizeof(SOCKADDR_STORAGE);
  BYTE* const text = provider + sizeof(GUID);
  info->ai_flags = item.kind.flags;
  info->ai_family = item.kind.family;
  info->ai_socktype = item.kind.socktype;
  info->ai_protocol = item.kind.protocol;
  info->ai_addrlen = static_cast<size_t>(item.address_size);
  info->ai_addr = reinterpret_cast<SOCKADDR*>(address);
  memcpy(address, &item.address, static_cast<size_t>(item.address_size));
  if constexpr (requires { info->ai_provider; }) {
    if (item.provider) {
      memcpy(provider, &*item.provider, sizeof(GUID));
      info->ai_provider = reinterpret_cast<GUID*>(provider);
    }
  }
  if (item.canonical) {
    memcpy(text, canonical.c_str(), text_size);
    info->ai_canonname = reinterpret_cast<Char*>(text);
  }
  return info;
}

// 0 or WSA_NOT_ENOUGH_MEMORY.
template <class Info>
int MakeInfo(const NameList& list, Info** result) {
  Info* first = nullptr;
  Info** link = &first;
  for (const NameItem& item : list) {
    *link = MakeOne<Info>(item);
    if (*link == nullptr) {
      FreeInfo(first);
      SetLastError(WSA_NOT_ENOUGH_MEMORY);
      return WSA_NOT_ENOUGH_MEMORY;
    }
    link = reinterpret_cast<Info**>(&(*link)->ai_next);
  }
  *result = first;
  return 0;
}

template <class Info>
std::optional<NameHints> HintsOf(const Info* hints) {
  if (hints == nullptr) return std::nullopt;
  return NameHints{hints->ai_flags, hints->ai_family, hints->ai_socktype, hints->ai_protocol};
}

inline std::optional<std::wstring> TextOf(const char* text) {
  return text == nullptr ? std::nullopt : std::optional(Widen(text));
}
inline std::optional<std::wstring> TextOf(const wchar_t* text) {
  return text == nullptr ? std::nullopt : std::optional<std::wstring>(text);
}

}  // namespace rig

#endif  // RIG_ADDRINFO_H_
