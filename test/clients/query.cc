// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Builds a WSAQUERYSET and everything it points to inside one known block.
#include "query.h"

#include <cstring>
#include <stdexcept>

#include "address.h"
#include "worker.h"

namespace client {
namespace {

constexpr size_t kArena = 65536;

// Keeps the last discarded blocks reserved without access.
void Bury(std::shared_ptr<Block> block) {
  static SRWLOCK lock = SRWLOCK_INIT;
  static auto* const graves = new std::shared_ptr<Block>[32];
  static size_t next = 0;
  Lock guard(lock);
  graves[next++ % 32] = std::move(block);
}

}  // namespace

Query::Query(const Command& command, bool ansi)
    : block_(std::make_shared<Block>(kArena, uint8_t{0})) {
  set_ = static_cast<WSAQUERYSETW*>(Take(sizeof *set_));
  set_->dwSize = static_cast<DWORD>(command.Number("dwsize", sizeof *set_));
  FillNames(command, ansi);
  FillFilters(command);
  FillAddresses(command);
  FillBlob(command);
  hash_ = block_->Hash();
  if (command.Flag("qro")) block_->MakeReadOnly();
  pointer_ = PointerFor(command, "q", set_);
}

void* Query::Take(size_t size) {
  used_ = (used_ + 7) & ~size_t{7};
  if (used_ + size > kArena) throw std::runtime_error("query too large");
  void* const place = block_->data() + used_;
  used_ += size;
  return place;
}

void* Query::Copy(const void* data, size_t size) {
  void* const place = Take(size);
  std::memcpy(place, data, size);
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
  const std::vector<std::string> pairs = Split(command.Text("protocols", ""), ',');
  set_->dwNumberOfProtocols = static_cast<DWORD>(command.Number("nprotocols", pairs.size()));
  if (command.IsSpecial("protocols")) {
    set_->lpafpProtocols = static_cast<AFPROTOCOLS*>(PointerFor(command, "protocols", nullptr));
  } else if (!pairs.empty()) {
    auto* const list = static_cast<AFPROTOCOLS*>(Take(pairs.size() * sizeof(AFPROTOCOLS)));
    for (size_t i = 0; i < pairs.size(); ++i) {
      const std::vector<std::string> pair = Split(pairs[i], ':');
      if (pair.size() != 2) throw std::runtime_error("protocols: family:protocol");
      list[i] = {static_cast<INT>(ParseNumber(pair[0])), static_cast<INT>(ParseNumber(pair[1]))};
    }
    set_->lpafpProtocols = list;
  }
}

void Query::FillAddresses(const Command& command) {
  const std::vector<std::string> texts = Split(command.Text("addr", ""), ',');
  set_->dwNumberOfCsAddrs = static_cast<DWORD>(command.Number("naddr", texts.size()));
  if (command.IsSpecial("addr")) {
    set_->lpcsaBuffer = static_cast<CSADDR_INFO*>(PointerFor(command, "addr", nullptr));
    return;
  }
  if (texts.empty()) return;
  auto* const list = static_cast<CSADDR_INFO*>(Take(texts.size() * sizeof(CSADDR_INFO)));
  for (size_t i = 0; i < texts.size(); ++i) {
    sockaddr_storage storage{};
    const int length = ParseAddress(texts[i], storage);
    list[i].RemoteAddr = {static_cast<sockaddr*>(Copy(&storage, static_cast<size_t>(length))),
                          length};
    sockaddr_storage local{};
    local.ss_family = storage.ss_family;
    list[i].LocalAddr = {static_cast<sockaddr*>(Copy(&local, static_cast<size_t>(length))), length};
    list[i].iSocketType = static_cast<INT>(command.Number("socktype", SOCK_DGRAM));
    list[i].iProtocol = static_cast<INT>(command.Number("protocol", IPPROTO_UDP));
  }
  set_->lpcsaBuffer = list;
}

void Query::FillBlob(const Command& command) {
  if (!command.Has("blob")) return;
  if (command.IsSpecial("blob")) {
    set_->lpBlob = static_cast<BLOB*>(PointerFor(command, "blob", nullptr));
    return;
  }
  auto* const blob = static_cast<BLOB*>(Take(sizeof(BLOB)));
  const std::vector<uint8_t> bytes = command.Bytes("blob");
  blob->cbSize = static_cast<ULONG>(command.Number("blobsize", bytes.size()));
  blob->pBlobData =
      static_cast<BYTE*>(command.Has("blobdata") ? PointerFor(command, "blobdata", nullptr)
                                                 : Copy(bytes.data(), bytes.size()));
  set_->lpBlob = blob;
}

void Query::Discard() {
  block_->Discard();
  Bury(block_);
}

}  // namespace client
