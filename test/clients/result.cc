// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Reads a WSAQUERYSET that a lookup put into a buffer, distrusting every pointer in it.
#include "result.h"

#include <algorithm>
#include <cstring>

#include "address.h"
#include "text.h"

namespace client {
namespace {

class Reader {
 public:
  Reader(const void* buffer, size_t size, bool ansi)
      : base_(static_cast<const uint8_t*>(buffer)), size_(size), ansi_(ansi) {}

  Json Describe() {
    Claim("result", base_, sizeof(WSAQUERYSETW), 1);
    // Copied out: the buffer itself may lie at an odd address.
    std::memcpy(&set_, base_, sizeof set_);
    out_.Set("dwSize", static_cast<uint64_t>(set_.dwSize));
    Strings();
    Guids();
    Version();
    Addresses();
    Blob();
    out_.Set("namespace", static_cast<uint64_t>(set_.dwNameSpace))
        .Set("outputFlags", static_cast<uint64_t>(set_.dwOutputFlags))
        .Set("protocols", static_cast<uint64_t>(set_.dwNumberOfProtocols))
        .Set("used", used_)
        .Set("aligned", aligned_)
        .Set("inside", inside_)
        .Raw("problems", problems_.Array());
    return out_;
  }

 private:
  void Problem(const std::string& text) { problems_.Add(JsonText(text)); }

  // True if the bytes lie inside the buffer; notes bad alignment.
  bool Claim(const std::string& what, const void* pointer, size_t bytes, size_t alignment) {
    const auto at = reinterpret_cast<uintptr_t>(pointer);
    const auto base = reinterpret_cast<uintptr_t>(base_);
    if (at < base || at > base + size_ || bytes > base + size_ - at) {
      inside_ = false;
      Problem(what + " lies outside the buffer");
      return false;
    }
    if (at % alignment != 0) {
      aligned_ = false;
      Problem(what + " is not aligned to " + std::to_string(alignment));
    }
    used_ = std::max(used_, at - base + bytes);
    return true;
  }

  template <class Char>
  void String(const char* key, const Char* text) {
    if (text == nullptr) {
      out_.Null(key);
      return;
    }
    size_t length = 0;
    for (;;) {
      if (!Claim(key, text, (length + 1) * sizeof(Char), sizeof(Char))) return;
      Char c;
      std::memcpy(&c, text + length, sizeof c);
      if (c == 0) break;
      ++length;
    }
    std::basic_string<Char> copy(length, 0);
    std::memcpy(copy.data(), text, length * sizeof(Char));
    if constexpr (sizeof(Char) == 1) {
      out_.Set(key, FromAnsi(copy));
    } else {
      out_.Set(key, copy);
    }
  }

  void AnyString(const char* key, const wchar_t* text) {
    if (ansi_) {
      String(key, reinterpret_cast<const char*>(text));
    } else {
      String(key, text);
    }
  }

  void Strings() {
    AnyString("name", set_.lpszServiceInstanceName);
    AnyString("comment", set_.lpszComment);
    AnyString("context", set_.lpszContext);
    AnyString("queryString", set_.lpszQueryString);
  }

  void OneGuid(const char* key, const GUID* pointer) {
    if (pointer == nullptr) {
      out_.Null(key);
      return;
    }
    if (!Claim(key, pointer, sizeof(GUID), 4)) return;
    GUID guid;
    std::memcpy(&guid, pointer, sizeof guid);
    out_.Set(key, GuidText(guid));
  }

  void Guids() {
    OneGuid("class", set_.lpServiceClassId);
    OneGuid("provider", set_.lpNSProviderId);
  }

  void Version() {
    if (set_.lpVersion == nullptr) {
      out_.Null("version");
      return;
    }
    if (!Claim("version", set_.lpVersion, sizeof(WSAVERSION), 4)) return;
    WSAVERSION version;
    std::memcpy(&version, set_.lpVersion, sizeof version);
    out_.Set("version", static_cast<uint64_t>(version.dwVersion));
  }

  Json Side(const char* what, const SOCKET_ADDRESS& side) {
    Json out;
    out.Set("length", side.iSockaddrLength);
    if (side.lpSockaddr == nullptr) return out.Null("family"), out;
    if (!Claim(what, side.lpSockaddr, static_cast<size_t>(side.iSockaddrLength), 4)) return out;
    sockaddr_storage storage{};
    std::memcpy(&storage, side.lpSockaddr,
                std::min(sizeof storage, static_cast<size_t>(side.iSockaddrLength)));
    const auto* const address = reinterpret_cast<const sockaddr*>(&storage);
    out.Set("bytes", ToHex(side.lpSockaddr, static_cast<size_t>(side.iSockaddrLength)))
        .Set("family", storage.ss_family)
        .Set("address", AddressText(address))
        .Set("port", AddressPort(address));
    if (storage.ss_family == AF_INET6) {
      out.Set("scope", static_cast<uint64_t>(
                           reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_scope_id));
    }
    return out;
  }

  void Addresses() {
    JsonArray list;
    const size_t count = set_.dwNumberOfCsAddrs;
    out_.Set("addressCount", count);
    out_.Set("addressPointer", set_.lpcsaBuffer != nullptr);
    if (count > 0 && count < 10000 &&
        Claim("addresses", set_.lpcsaBuffer, count * sizeof(CSADDR_INFO), sizeof(void*))) {
      for (size_t i = 0; i < count; ++i) {
        CSADDR_INFO info;
        std::memcpy(&info, set_.lpcsaBuffer + i, sizeof info);
        Json entry;
        entry.Set("local", Side("local address", info.LocalAddr))
            .Set("remote", Side("remote address", info.RemoteAddr))
            .Set("socketType", info.iSocketType)
            .Set("protocol", info.iProtocol);
        list.Add(entry.Object());
      }
    }
    out_.Raw("addresses", list.Array());
  }

  void Blob() {
    if (set_.lpBlob == nullptr) {
      out_.Null("blob");
      return;
    }
    if (!Claim("blob", set_.lpBlob, sizeof(BLOB), sizeof(void*))) return;
    BLOB blob;
    std::memcpy(&blob, set_.lpBlob, sizeof blob);
    if (blob.cbSize > 0 && !Claim("blob data", blob.pBlobData, blob.cbSize, 8)) return;
    out_.Set("blob", ToHex(blob.pBlobData, blob.cbSize));
  }

  const uint8_t* base_;
  size_t size_;
  bool ansi_;
  WSAQUERYSETW set_{};
  Json out_;
  JsonArray problems_;
  size_t used_ = 0;
  bool aligned_ = true;
  bool inside_ = true;
};

}  // namespace

Json DescribeResult(const void* buffer, size_t size, bool ansi) {
  return Reader(buffer, size, ansi).Describe();
}

}  // namespace client
