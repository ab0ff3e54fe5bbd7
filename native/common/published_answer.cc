// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See published_answer.h. One walk measures and writes, so that the two cannot disagree.
#include "published_answer.h"

#include <cstring>
#include <utility>

namespace nsp {
namespace {

// Numbers of Windows, which this file must not include.
constexpr uint32_t kContainers = 0x0001;     // LUP_CONTAINERS
constexpr uint32_t kReturnAddr = 0x0100;     // LUP_RETURN_ADDR
constexpr uint32_t kReturnBlob = 0x0200;     // LUP_RETURN_BLOB
constexpr uint32_t kReturnAliases = 0x0400;  // LUP_RETURN_ALIASES
constexpr uint32_t kIsAlias = 0x01;          // RESULT_IS_ALIAS
constexpr uint32_t kServiceNotFound = 10108;
constexpr uint32_t kNoData = 11004;
constexpr uint16_t kUnspecified = 0;  // AF_UNSPEC
constexpr uint16_t kInet = 2;         // AF_INET
constexpr uint16_t kInet6 = 23;       // AF_INET6

// Records of DNS: the class is that of TCP port 53 with the record's number in its third part.
constexpr uint32_t kRecordClass = 0x00090035;
constexpr uint16_t kRecordA = 1;
constexpr uint16_t kRecordPtr = 12;
constexpr uint16_t kRecordAaaa = 28;
// The others that are known by name; any other number is a class like any other.
constexpr uint16_t kNamedRecords[] = {2, 5, 6, 15, 16, 33};  // NS, CNAME, SOA, MX, TXT, SRV
constexpr uint32_t kHostName = 0x0002A800;
constexpr uint32_t kHostByAddress = 0x0002A801;
constexpr uint32_t kServiceByName = 0x0002A802;
constexpr uint32_t kHostByName = 0x0002A803;

// What the class of a query asks for.
struct Asked {
  bool by_name = true;     // a name record can say it
  bool any_class = false;  // of services of every class
  bool only_ip = false;    // and nothing but IP addresses
  bool hostent = false;    // whose blob is a hostent
  bool inet = true;        // IPv4 addresses
  bool inet6 = true;       // IPv6 addresses
};

Asked RecordAsked(uint16_t record) {
  switch (record) {
    case kRecordA:
      return {.any_class = true, .only_ip = true, .inet6 = false};
    case kRecordAaaa:
      return {.any_class = true, .only_ip = true, .inet = false};
    case kRecordPtr:
      return {.by_name = false};
    default:
      break;
  }
  for (uint16_t named : kNamedRecords) {
    if (record == named) {
      return {.only_ip = true};
    }
  }
  return {};
}

Asked AskedBy(const QuerySetView& query) {
  constexpr uint8_t kTail[] = {0xC0, 0, 0, 0, 0, 0, 0, 0x46};
  struct {
    uint32_t first;
    uint16_t second;
    uint16_t third;
    uint8_t tail[8];
  } id;
  static_assert(sizeof(id) == sizeof(query.head.service_class));
  std::memcpy(&id, query.head.service_class, sizeof(id));
  if ((query.head.present & kHasClass) == 0 || id.second != 0 ||
      std::memcmp(id.tail, kTail, sizeof(kTail)) != 0) {
    return {};
  }
  if (id.third != 0) {
    return id.first == kRecordClass ? RecordAsked(id.third) : Asked{};
  }
  switch (id.first) {
    case kHostName:
    case kHostByName:
      return {.any_class = true, .only_ip = true, .hostent = true, .inet6 = false};
    case kHostByAddress:
    case kServiceByName:
      return {.by_name = false};
    default:
      return {};
  }
}

// No context, "" or "\".
bool HasPlainContext(const QuerySetView& query) {
  return (query.head.present & kHasContext) == 0 || query.context.size == 0 ||
         (query.context.size == 2 && query.context.data[0] == '\\' && query.context.data[1] == 0);
}

// True if the protocols of the query allow this family; AF_UNSPEC among them allows all.
bool ProtocolsAllow(const QuerySetView& query, int32_t family) {
  for (uint32_t i = 0; i < query.head.protocol_count; ++i) {
    ProtocolPair pair;
    std::memcpy(&pair, query.protocols.data + i * sizeof(pair), sizeof(pair));
    if (pair.family == kUnspecified || pair.family == family) {
      return true;
    }
  }
  return query.head.protocol_count == 0;
}

// One query, prepared.
class NameAnswer {
 public:
  NameAnswer(const QuerySetView& query, uint32_t name_space, const AnswerRoom& room)
      : query_(query), name_space_(name_space), asked_(AskedBy(query)), room_(room) {
    asked_.inet = asked_.inet && ProtocolsAllow(query, kInet);
    asked_.inet6 = asked_.inet6 && ProtocolsAllow(query, kInet6);
  }

  // Returns the body's size; 0: there is none.
  size_t Walk(const PublishedBlocks& record) {
    Bytes rest = record.bytes;
    uint32_t fitting = 0;
    for (uint32_t i = 0; i < record.count; ++i) {
      QuerySetView service;
      if (!ReadQuerySet(rest.data, rest.size, &service)) {
        return 0;
      }
      block_ = rest.data;
      source_ = service.head;
      rest.data += service.head.size;
      rest.size -= service.head.size;
      if (FitsClass(service)) {
        ++fitting;
        if (!Answer(&service)) {
          return 0;
        }
      }
    }
    const BatchBody head = {sent_ != 0 ? 0 : fitting != 0 ? kNoData : kServiceNotFound, sent_};
    if (size_ <= room_.bytes) {
      std::memcpy(room_.data, &head, sizeof(head));
    }
    return size_;
  }

  // See AnswerAlone.
  bool Alone(const PublishedBlocks& record, QuerySetView* result) const {
    Bytes addresses;
    Bytes aliases;
    size_t address_bytes = 0;
    if (record.count != 1 || !ReadQuerySet(record.bytes.data, record.bytes.size, result) ||
        !FitsClass(*result) || !Prepare(result, &addresses, &aliases, &address_bytes) ||
        address_bytes != addresses.size || (Wants(kReturnAliases) && aliases.size != 0)) {
      return false;
    }
    result->addresses = addresses;
    return true;
  }

 private:
  bool Wants(uint32_t flag) const { return (query_.head.flags & flag) != 0; }

  bool FitsClass(const QuerySetView& service) const {
    return asked_.any_class || (query_.head.present & service.head.present & kHasClass) == 0 ||
           std::memcmp(query_.head.service_class, service.head.service_class,
                       sizeof(service.head.service_class)) == 0;
  }

  bool IsUsable(const AddressView& address) const {
    const Bytes& sockaddr = address.remote.size == 0 ? address.local : address.remote;
    uint16_t family = kUnspecified;
    if (sockaddr.size >= sizeof(family)) {
      std::memcpy(&family, sockaddr.data, sizeof(family));
    }
    if (family == kInet) return asked_.inet;
    if (family == kInet6) return asked_.inet6;
    return !asked_.only_ip && ProtocolsAllow(query_, family);
  }

  // How many of the addresses the query can use, and their bytes; copies them unless `to` is
  // nullptr.
  uint32_t Usable(const Bytes& addresses, uint8_t* to, size_t* bytes) const {
    uint32_t count = 0;
    *bytes = 0;
    Bytes rest = addresses;
    AddressView address;
    for (const uint8_t* from = rest.data; NextAddress(&rest, &address); from = rest.data) {
      if (!IsUsable(address)) {
        continue;
      }
      const auto size = static_cast<size_t>(rest.data - from);
      if (to != nullptr) {
        std::memcpy(to + *bytes, from, size);
      }
      *bytes += size;
      ++count;
    }
    return count;
  }

  // One block: `result` with the usable ones of `addresses`. False: it fits no frame.
  bool Put(const QuerySetView& result, const Bytes& addresses, size_t address_bytes) {
    // Mostly it has just the fields and addresses of its block. What lies in the head changes no
    // other place.
    constexpr uint32_t kInHead = kHasClass | kHasVersion;
    const bool same = ((result.head.present ^ source_.present) & ~kInHead) == 0 &&
                      source_.protocol_count == 0 && address_bytes == addresses.size;
    const size_t head = same ? source_.size - address_bytes : MeasureQuerySet(result);
    const auto size = static_cast<uint32_t>(head + address_bytes);
    if (head == 0 || size > kMaxFrameBytes - sizeof(FrameHeader) - size_) {
      return false;
    }
    if (size_ + size <= room_.bytes) {
      uint8_t* out = room_.data + size_;
      if (same) {
        std::memcpy(out, block_, size);
        std::memcpy(out, &result.head, sizeof(result.head));
      } else {
        WriteQuerySet(result, out);
        std::memcpy(out, &size, sizeof(size));
        // Under its other names a service has the same addresses: they are chosen once.
        if (copied_ != nullptr) {
          std::memcpy(out + head, copied_, address_bytes);
        } else {
          static_cast<void>(Usable(addresses, out + head, &address_bytes));
        }
        copied_ = out + head;
      }
    }
    size_ += size;
    ++sent_;
    return true;
  }

  // Makes the service the result that the query gets of it, but for its addresses and aliases,
  // which are taken out. `address_bytes`: of those that the query can use. False: it has nothing of
  // what is wanted.
  bool Prepare(QuerySetView* service, Bytes* addresses, Bytes* aliases,
               size_t* address_bytes) const {
    *addresses = std::exchange(service->addresses, Bytes());
    *aliases = std::exchange(service->aliases, Bytes());
    QuerySetHead& head = service->head;
    head.address_count = Usable(*addresses, nullptr, address_bytes);
    Complete(service);
    if (Wants(kReturnBlob) && asked_.hostent) {
      // Its readers follow offsets in it: bytes of the service's own are never given to them.
      head.present &= ~kHasBlob;
      if (head.address_count != 0) {
        head.blob_kind = kBlobHostent;
        head.present |= kHasAliases;
        service->aliases = *aliases;
      }
    }
    return HasWhatIsWanted(head);
  }

  // The service as the results that the query gets of it. False: they fit no frame.
  bool Answer(QuerySetView* service) {
    QuerySetHead& head = service->head;
    Bytes addresses;
    Bytes aliases;
    size_t address_bytes = 0;
    copied_ = nullptr;
    if (!Prepare(service, &addresses, &aliases, &address_bytes)) {
      return true;
    }
    // The same under its other names, if they are wanted. A hostent has them in it.
    Bytes names = Wants(kReturnAliases) ? aliases : Bytes();
    do {
      if (!Put(*service, addresses, address_bytes)) {
        return false;
      }
      head.flags = kIsAlias;
      head.present &= ~kHasAliases;
      head.blob_kind = kBlobOpaque;
    } while (TakeAlias(&names, &service->name));
    return true;
  }

  // What a service of a record leaves to the query and the entry.
  void Complete(QuerySetView* service) const {
    QuerySetHead& head = service->head;
    head.present &= ~kHasAliases;
    head.name_space = name_space_;
    head.entry = query_.head.entry;
    head.flags = 0;
    head.compare = 0;
    head.blob_kind = kBlobOpaque;
    head.protocol_count = 0;
    service->protocols = {};
    if ((head.present & kHasName) == 0) {
      head.present |= kHasName;
      service->name = query_.name;
    }
    if ((head.present & kHasClass) == 0) {
      head.present |= query_.head.present & kHasClass;
      std::memcpy(head.service_class, query_.head.service_class, sizeof(head.service_class));
    }
  }

  bool HasWhatIsWanted(const QuerySetHead& head) const {
    const bool has_blob = (head.present & kHasBlob) != 0 || head.blob_kind != kBlobOpaque;
    return (!Wants(kReturnAddr) && !Wants(kReturnBlob)) ||
           (Wants(kReturnAddr) && head.address_count != 0) || (Wants(kReturnBlob) && has_blob);
  }

  // Takes one alias and its terminator off the front. False: none left.
  static bool TakeAlias(Bytes* rest, Bytes* alias) {
    uint32_t length = 0;
    while (length < rest->size && (rest->data[length] != 0 || rest->data[length + 1] != 0)) {
      length += 2;
    }
    *alias = {rest->data, length};
    if (length == rest->size) {
      return false;
    }
    rest->data += length + 2;
    rest->size -= length + 2;
    return true;
  }

  const QuerySetView& query_;
  const uint32_t name_space_;
  Asked asked_;
  const AnswerRoom room_;
  size_t size_ = sizeof(BatchBody);
  const uint8_t* block_ = nullptr;  // of the present service
  QuerySetHead source_ = {};        // its head
  uint32_t sent_ = 0;
  const uint8_t* copied_ = nullptr;  // the usable addresses of the service, once they are written
};

}  // namespace

bool AnsweredByName(const QuerySetView& query, uint32_t entry_flags) {
  constexpr uint32_t kHosts = kHasVersion | kHasQueryString | kHasBlob;
  return (entry_flags & (kEntryHierarchical | kEntryFeed)) == 0 &&
         (query.head.present & kHasName) != 0 && (query.head.present & kHosts) == 0 &&
         (query.head.flags & kContainers) == 0 && HasPlainContext(query) && AskedBy(query).by_name;
}

size_t AnswerByName(const QuerySetView& query, uint32_t name_space, const PublishedBlocks& record,
                    const AnswerRoom& room) {
  return NameAnswer(query, name_space, room).Walk(record);
}

bool AnswerAlone(const QuerySetView& query, uint32_t name_space, const PublishedBlocks& record,
                 QuerySetView* result) {
  return NameAnswer(query, name_space, {}).Alone(record, result);
}

size_t AnswerByRecord(uint32_t status, const PublishedBlocks& record, const AnswerRoom& room) {
  const BatchBody head = {status, record.count};
  size_t bytes = 0;
  if (!MeasureBlocks(record.bytes, record.count, &bytes) ||
      bytes > kMaxFrameBytes - sizeof(FrameHeader) - sizeof(head)) {
    return 0;
  }
  if (sizeof(head) + bytes <= room.bytes) {
    std::memcpy(room.data, &head, sizeof(head));
    if (bytes != 0) {
      std::memcpy(room.data + sizeof(head), record.bytes.data, bytes);
    }
  }
  return sizeof(head) + bytes;
}

}  // namespace nsp
