// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See made_blob.h.
#include "made_blob.h"

#include "switches.h"

namespace faulty {
namespace {

// Grows a blob; what it gives out are offsets, stored as wide as a pointer.
class Builder {
 public:
  explicit Builder(size_t head) : bytes_(head) {}

  char* Text(const std::wstring& text) {
    std::string narrow(text.size() * 3 + 1, '\0');
    const int length =
        WideCharToMultiByte(CP_ACP, 0, text.data(), static_cast<int>(text.size()), narrow.data(),
                            static_cast<int>(narrow.size()), nullptr, nullptr);
    return Add(narrow.data(), static_cast<size_t>(length) + 1, 1);
  }

  // The entries and the zero behind them.
  char** List(std::vector<char*> entries) {
    entries.push_back(nullptr);
    return reinterpret_cast<char**>(
        Add(entries.data(), entries.size() * sizeof(char*), sizeof(char*)));
  }

  char* Add(const void* data, size_t size, size_t alignment) {
    const size_t at = (bytes_.size() + alignment - 1) / alignment * alignment;
    bytes_.resize(at + size);
    std::memcpy(bytes_.data() + at, data, size);
    return reinterpret_cast<char*>(at);
  }

  Bytes Finish(const void* head, size_t size) {
    std::memcpy(bytes_.data(), head, size);
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
    return bytes_;
  }

 private:
  Bytes bytes_;
};

char** Aliases(const Record& record, Builder* builder) {
  std::vector<char*> list;
  for (const std::wstring& alias : record.aliases)
    list.push_back(builder->Text(alias));
  return builder->List(list);
}

Bytes MakeHostent(const Record& record, const Query& query) {
  constexpr size_t kAddressAt = 4;  // in a sockaddr_in, behind family and port
  hostent host = {};
  Builder builder(sizeof(host));
  host.h_name = builder.Text(record.name);
  host.h_aliases = Aliases(record, &builder);
  host.h_addrtype = AF_INET;
  host.h_length = 4;
  std::vector<char*> addresses;
  for (const RecordAddress& address : record.addresses) {
    if (address.family() != AF_INET || !query.AcceptsFamily(AF_INET)) continue;
    if (address.remote.size() < kAddressAt + 4) continue;
    addresses.push_back(builder.Add(address.remote.data() + kAddressAt, 4, 4));
  }
  host.h_addr_list = builder.List(addresses);
  return builder.Finish(&host, sizeof(host));
}

// SVCID_TCP(port) is 0009pppp-..., SVCID_UDP(port) 000Apppp-...
Bytes MakeServent(const Record& record) {
  uint32_t data1 = 0;
  if (record.service_class.size() >= sizeof(data1)) {
    std::memcpy(&data1, record.service_class.data(), sizeof(data1));
  }
  servent service = {};
  Builder builder(sizeof(service));
  service.s_name = builder.Text(record.name);
  service.s_aliases = Aliases(record, &builder);
  service.s_proto = builder.Text(data1 >> 16 == 0xA ? L"udp" : L"tcp");
  service.s_port = static_cast<short>((data1 & 0xFF) << 8 | (data1 >> 8 & 0xFF));
  return builder.Finish(&service, sizeof(service));
}

}  // namespace

Made MadeFor(const Query& query) {
  switch (query.kind()) {
    case Kind::kHostByName:
    case Kind::kHostByAddress:
      return Made::kHostent;
    case Kind::kServiceByName:
      return Made::kServent;
    default:
      return Made::kNothing;
  }
}

Bytes MakeBlob(Made kind, const Record& record, const Query& query) {
  return kind == Made::kHostent ? MakeHostent(record, query) : MakeServent(record);
}

void SpoilBlob(Made kind, unsigned char* data, unsigned long* size) {
  if (kind == Made::kHostent) {
    auto* const host = reinterpret_cast<hostent*>(data);
    if (Broken(Switch::kHostentAbsolute)) host->h_name += reinterpret_cast<uintptr_t>(data);
    if (Broken(Switch::kHostentSizeShort)) *size = sizeof(hostent);
    return;
  }
  auto* const service = reinterpret_cast<servent*>(data);
  if (sizeof(void*) == 4 || !Broken(Switch::kServentOrder)) return;
  // The port first, as 32-bit programs have it.
  const auto proto = reinterpret_cast<uintptr_t>(service->s_proto);
  const short port = service->s_port;
  std::memset(data + 16, 0, 16);
  std::memcpy(data + 16, &port, sizeof(port));
  std::memcpy(data + 24, &proto, sizeof(proto));
}

}  // namespace faulty
