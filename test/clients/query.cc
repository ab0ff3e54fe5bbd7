// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Builds a WSAQUERYSET and everything it points to inside one known block.
#include "query.h"

#include <cstring>
#include <stdexcept>

#include "address.h"

namespace client {
namespace {

constexpr size_t kArena = 65536;

}  // namespace

Query::Query(const Command& command, bool ansi)
    : block_(std::make_shared<Block>(kArena, uint8_t{0})),
      odd_(static_cast<size_t>(command.Number("odd", 0))) {
  WSAQUERYSETW set{};
  set_ = &set;
  set_->dwSize = static_cast<DWORD>(command.Number("dwsize", sizeof *set_));
  FillNames(command, ansi);
  FillFilters(command);
  FillAddresses(command);
  FillBlob(command);
  void* const structure = Copy(&set, sizeof set);
  set_ = nullptr;
  hash_ = block_->Hash();
  if (command.Flag("qro")) block_->MakeReadOnly();
  pointer_ = PointerFor(command, "q", structure);
}

void* Query::Take(size_t size) {
  used_ = ((used_ + 7) & ~size_t{7}) + odd_;
  if (used_ + size > kArena) throw std::runtime_error("query too large");
  void* const place = block_->data() + used_;
  used_ += size;
  return place;
}

void* Query::Copy(const void* data, size_t size) {
  void* const place = Take(size);
  if (size > 0) std::memcpy(place, data, size);
  return place;
}

void* Query::String(const Command& command, const char* key, bool ansi) {
  if (!command.Has(key)) return nullptr;
  if (command.IsSpecial(key)) return PointerFor(command, key, nullptr);
  const std::wstring wide = command.Wide(key);
  if (!ansi) return Copy(wide.c_str(), (wide.size() + 1) * sizeof(wchar_t));
  const std::string narrow = ToAnsi(wide);
  return Copy(narrow.c_str(), narrow.size() + 1);
}

void Query::FillNames(const Command& command, bool ansi) {
  set_->lpszServiceInstanceName = static_cast<LPWSTR>(String(command, "name", ansi));
  set_->lpszComment = static_cast<LPWSTR>(String(command, "comment", ansi));
  set_->lpszContext = static_cast<LPWSTR>(String(command, "context", ansi));
  set_->lpszQueryString = static_cast<LPWSTR>(String(command, "query", ansi));
}

void Query::FillFilters(const Command& command) {
  const auto guid = [&](const char* key) -> GUID* {
    if (!command.Has(key)) return nullptr;
    if (command.IsSpecial(key)) return static_cast<GUID*>(PointerFor(command, key, nullptr));
    const GUID value = command.Guid(key);
    return static_cast<GUID*>(Copy(&value, sizeof value));
  };
  set_->lpServiceClassId = guid("class");
  set_->lpNSProviderId = guid("provider");
  set_->dwNameSpace = static_cast<DWORD>(command.Number("ns", 0));
  set_->dwOutputFlags = static_cast<DWORD>(command.Number("oflags", 0));
  if (command.IsSpecial("version")) {
    set_->lpVersion = static_cast<WSAVERSION*>(PointerFor(command, "version", nullptr));
  } else if (command.Has("version")) {
    const WSAVERSION version{static_cast<DWORD>(command.Number("version")),
                             static_cast<WSAECOMPARATOR>(command.Number("how", 0))};
    set_->lpVersion = static_cast<WSAVERSION*>(Copy(&version, sizeof version));
  }
  // protocols=family:protocol,family:protocol
  const bool special = command.IsSpecial("protocols");
  const std::vector<std::string> pairs = Split(special ? "" : command.Text("protocols", ""), ',');
  set_->dwNumberOfProtocols = static_cast<DWORD>(command.Number("nprotocols", pairs.size()));
  if (special) {
    set_->lpafpProtocols = static_cast<AFPROTOCOLS*>(PointerFor(command, "protocols", nullptr));
  } else if (!pairs.empty()) {
    std::vector<AFPROTOCOLS> list;
    for (const std::string& text : pairs) {
      const std::vector<std::string> pair = Split(text, ':');
      if (pair.size() != 2) throw std::runtime_error("protocols: family:protocol");
      list.push_back(
          {static_cast<INT>(ParseNumber(pair[0])), static_cast<INT>(ParseNumber(pair[1]))});
    }
    set_->lpafpProtocols =
        static_cast<AFPROTOCOLS*>(Copy(list.data(), list.size() * sizeof list[0]));
  }
}

// One side of an address; `none` is the absent one.
SOCKET_ADDRESS Query::Side(const std::string& text) {
  if (text == "none") return {nullptr, 0};
  const std::vector<uint8_t> bytes = ParseSockaddr(text);
  return {static_cast<sockaddr*>(Copy(bytes.data(), bytes.size())), static_cast<INT>(bytes.size())};
}

void Query::FillAddresses(const Command& command) {
  const bool special = command.IsSpecial("addr");
  const std::vector<std::string> texts = Split(special ? "" : command.Text("addr", ""), ',');
  std::vector<CSADDR_INFO> list;
  for (const std::string& text : texts) {
    const std::vector<std::string> sides = Split(text, '~');
    CSADDR_INFO entry{};
    entry.RemoteAddr = Side(sides.at(0));
    entry.LocalAddr = Side(sides.size() > 1 ? sides[1] : AnyAddress(sides[0]));
    entry.iSocketType = static_cast<INT>(command.Number("socktype", SOCK_DGRAM));
    entry.iProtocol = static_cast<INT>(command.Number("protocol", IPPROTO_UDP));
    if (list.empty()) {
      entry.RemoteAddr.lpSockaddr =
          static_cast<sockaddr*>(PointerFor(command, "remote", entry.RemoteAddr.lpSockaddr));
      entry.RemoteAddr.iSockaddrLength = static_cast<INT>(
          command.Number("remotelength", static_cast<uint64_t>(entry.RemoteAddr.iSockaddrLength)));
      entry.LocalAddr.lpSockaddr =
          static_cast<sockaddr*>(PointerFor(command, "local", entry.LocalAddr.lpSockaddr));
    }
    list.push_back(entry);
  }
  void* const placed = list.empty() ? nullptr : Copy(list.data(), list.size() * sizeof list[0]);
  set_->dwNumberOfCsAddrs = static_cast<DWORD>(command.Number("naddr", list.size()));
  set_->lpcsaBuffer = static_cast<CSADDR_INFO*>(PointerFor(command, "addr", placed));
}

void Query::FillBlob(const Command& command) {
  if (!command.Has("blob")) return;
  if (command.IsSpecial("blob")) {
    set_->lpBlob = static_cast<BLOB*>(PointerFor(command, "blob", nullptr));
    return;
  }
  const std::vector<uint8_t> bytes = command.Bytes("blob");
  BLOB blob{};
  blob.cbSize = static_cast<ULONG>(command.Number("blobsize", bytes.size()));
  blob.pBlobData =
      static_cast<BYTE*>(PointerFor(command, "blobdata", Copy(bytes.data(), bytes.size())));
  set_->lpBlob = static_cast<BLOB*>(Copy(&blob, sizeof blob));
}

void Query::Discard() {
  Bury(block_);
}

}  // namespace client
