// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// NSPSetService and the calls on classes, from the table: what reaches the host, in which order
// things are refused, and that junk in any pointer or size is an error code.
#include <algorithm>
#include <cstring>

#include "check.h"
#include "class_info.h"
#include "provider_host.h"

namespace {

constexpr DWORD kMark = 1234;
constexpr GUID kClass = {0x00090050, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
constexpr GUID kStranger = {9, 9, 9, {9}};

// A service with one address and everything else it may have.
struct Service {
  wchar_t name[32] = L"Web.NSP.test";
  wchar_t comment[8] = L"note";
  wchar_t context[2] = L"\\";
  GUID service_class = kClass;
  WSAVERSION version = {7, COMP_EQUAL};
  sockaddr_in remote = {AF_INET, 0x5000, {}, {}};
  CSADDR_INFO address = {};
  uint8_t bytes[3] = {1, 2, 3};
  BLOB blob = {3, bytes};
  WSAQUERYSETW set = {};

  Service() {
    address.RemoteAddr = {reinterpret_cast<sockaddr*>(&remote), sizeof(remote)};
    address.iSocketType = SOCK_STREAM;
    address.iProtocol = IPPROTO_TCP;
    set.dwSize = sizeof(set);
    set.lpszServiceInstanceName = name;
    set.lpServiceClassId = &service_class;
    set.lpVersion = &version;
    set.lpszComment = comment;
    set.lpszContext = context;
    set.dwNumberOfCsAddrs = 1;
    set.lpcsaBuffer = &address;
    set.lpBlob = &blob;
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
};

struct Class {
  GUID id = kClass;
  wchar_t name[8] = L"web";
  wchar_t property[8] = L"TcpPort";
  DWORD port = 80;
  WSANSCLASSINFOW properties[2] = {};
  WSASERVICECLASSINFOW info = {};

  Class() {
    properties[0] = {property, 12, REG_DWORD, sizeof(port), &port};
    properties[1] = {property, 12, REG_NONE, 0, nullptr};
    info = {&id, name, 2, properties};
  }
  Class(const Class&) = delete;
  Class& operator=(const Class&) = delete;
};

// The code of a call; one that succeeds must leave the last error alone.
template <typename Call>
DWORD Code(const Call& call) {
  SetLastError(kMark);
  if (call() != 0) return GetLastError();
  CHECK_EQUAL(GetLastError(), kMark);
  return 0;
}

DWORD Set(const Host& host, WSAQUERYSETW* set, int operation = 0, DWORD flags = 0,
          GUID id = kEntries[kPlain]) {
  return Code([&] {
    return host.table().NSPSetService(&id, nullptr, set, static_cast<WSAESETSERVICEOP>(operation),
                                      flags);
  });
}
DWORD Install(const Host& host, WSASERVICECLASSINFOW* info, GUID id = kEntries[kPlain]) {
  return Code([&] { return host.table().NSPInstallServiceClass(&id, info); });
}
DWORD Remove(const Host& host, GUID* service_class, GUID id = kEntries[kPlain]) {
  return Code([&] { return host.table().NSPRemoveServiceClass(&id, service_class); });
}
DWORD Get(const Host& host, DWORD* length, void* info, GUID id = kEntries[kPlain]) {
  return Code([&] {
    return host.table().NSPGetServiceClassInfo(&id, length,
                                               static_cast<WSASERVICECLASSINFOW*>(info));
  });
}

// Keeps the last call, and answers it with `body`.
struct Keeper {
  Block body = ReplyOf(0);
  Arrived last = {};
  Reaction operator()(const Arrived& arrived) {
    last = arrived;
    return {body};
  }
};
Host::Handler By(Keeper* keeper) {
  return [keeper](const Arrived& arrived) { return (*keeper)(arrived); };
}

std::u16string Text(const nsp::Bytes& bytes) {
  std::u16string text(bytes.size / 2, u'\0');
  std::memcpy(text.data(), bytes.data, bytes.size);
  return text;
}

Block ClassBlock() {
  nsp::PropertyView property;
  property.name = {reinterpret_cast<const uint8_t*>(u"SapId"), 10};
  property.head = {1, REG_BINARY, 0};
  property.value = {reinterpret_cast<const uint8_t*>("\1\2\3"), 3};
  Block encoded(nsp::MeasureProperty(property));
  nsp::WriteProperty(property, encoded.data());
  nsp::ClassView view;
  view.head.property_count = 1;
  std::memcpy(view.head.service_class, &kClass, sizeof(kClass));
  view.name = {reinterpret_cast<const uint8_t*>(u"web"), 6};
  view.properties = {encoded.data(), static_cast<uint32_t>(encoded.size())};
  Block block(nsp::MeasureClassInfo(view));
  nsp::WriteClassInfo(view, block.data());
  return block;
}

// Pointers that nobody may read; the first also must not be taken for "not given".
std::vector<void*> BadPointers() {
  static void* reserved = VirtualAlloc(nullptr, 4096, MEM_RESERVE, PAGE_NOACCESS);
  return {reinterpret_cast<void*>(1), reserved, reinterpret_cast<void*>(~uintptr_t{0} - 8)};
}

}  // namespace

TEST(a_registration_reaches_the_host_as_it_was_given) {
  Keeper keeper;
  Host host(By(&keeper));
  Service service;
  CHECK_EQUAL(Set(host, &service.set, 1, SERVICE_MULTIPLE, kEntries[kFeed]), 0);
  CHECK_EQUAL(keeper.last.header.kind, nsp::kFrameSetService);
  CHECK_EQUAL(keeper.last.header.lookup, 0);
  nsp::SetServiceBody fixed;
  std::memcpy(&fixed, keeper.last.body.data(), sizeof(fixed));
  CHECK(fixed.deadline_ms > 0 && fixed.deadline_ms <= host.filter().register_deadline_ms);
  CHECK_EQUAL(fixed.operation, 1);
  CHECK_EQUAL(fixed.multiple, 1);
  nsp::QuerySetView view;
  CHECK(nsp::ReadQuerySet(keeper.last.body.data() + sizeof(fixed),
                          keeper.last.body.size() - sizeof(fixed), &view));
  CHECK_EQUAL(view.head.entry, kFeed);
  CHECK_EQUAL(view.head.flags, 0);
  CHECK(Text(view.name) == u"Web.NSP.test");
  CHECK(Text(view.comment) == u"note");
  CHECK(Text(view.context) == u"\\");
  CHECK(std::memcmp(view.head.service_class, &kClass, sizeof(kClass)) == 0);
  CHECK_EQUAL(view.head.version, 7);
  CHECK_EQUAL(view.blob.size, 3);
  CHECK_EQUAL(view.head.address_count, 1);
  nsp::AddressView address;
  CHECK(nsp::NextAddress(&view.addresses, &address));
  CHECK_EQUAL(address.head.socket_type, SOCK_STREAM);
  CHECK_EQUAL(address.head.protocol, IPPROTO_TCP);
  CHECK_EQUAL(address.local.size, 0);
  CHECK(address.remote.size == 16 && std::memcmp(address.remote.data, &service.remote, 16) == 0);
}

// SET-11: not even looked at, so that junk in them does no harm.
TEST(protocols_query_string_routing_and_output_flags_are_ignored) {
  Keeper keeper;
  Host host(By(&keeper));
  Service service;
  service.set.lpszQueryString = static_cast<LPWSTR>(BadPointers()[0]);
  service.set.lpafpProtocols = static_cast<LPAFPROTOCOLS>(BadPointers()[0]);
  service.set.dwNumberOfProtocols = 0x80000000;
  service.set.lpNSProviderId = static_cast<LPGUID>(BadPointers()[0]);
  service.set.dwNameSpace = 77;
  service.set.dwOutputFlags = 0xffffffff;
  CHECK_EQUAL(Set(host, &service.set), 0);
  CHECK_EQUAL(host.Count(nsp::kFrameSetService), 1);
}

TEST(the_hosts_status_is_the_last_error) {
  Keeper keeper;
  Host host(By(&keeper));
  Service service;
  Class one;
  GUID id = kClass;
  keeper.body = ReplyOf(WSAEACCES);
  CHECK_EQUAL(Set(host, &service.set), WSAEACCES);
  keeper.body = ReplyOf(WSAEALREADY);
  CHECK_EQUAL(Install(host, &one.info), WSAEALREADY);
  keeper.body = ReplyOf(WSATYPE_NOT_FOUND);
  CHECK_EQUAL(Remove(host, &id), WSATYPE_NOT_FOUND);
  DWORD length = sizeof(one.info);
  CHECK_EQUAL(Get(host, &length, &one.info), WSATYPE_NOT_FOUND);
  keeper.body = {1, 2, 3};
  CHECK_EQUAL(Set(host, &service.set), WSANO_RECOVERY);
}

TEST(what_cannot_be_asked_is_refused_from_memory_in_order) {
  Keeper keeper;
  Host host(By(&keeper));
  Service service;
  Class one;
  GUID id = kClass;
  DWORD length = sizeof(one.info);
  host.filter().host_flags = 0;
  host.filter().pattern_count = 0;
  host.Publish();
  // Each is wrong in one more way than the line below it.
  service.set.dwSize = 0;
  CHECK_EQUAL(Set(host, &service.set, 3, 0, kStranger), WSAEINVAL);
  CHECK_EQUAL(Set(host, &service.set, 0, 0, kStranger), WSAEFAULT);
  service.set.dwSize = sizeof(service.set);
  CHECK_EQUAL(Set(host, &service.set, 0, 0, kStranger), WSAEINVALIDPROVIDER);
  CHECK_EQUAL(Set(host, &service.set), WSAEOPNOTSUPP);
  CHECK_EQUAL(Install(host, &one.info, kStranger), WSAEINVALIDPROVIDER);
  CHECK_EQUAL(Install(host, &one.info), WSAEOPNOTSUPP);
  CHECK_EQUAL(Remove(host, &id, kStranger), WSAEINVALIDPROVIDER);
  CHECK_EQUAL(Remove(host, &id), WSAEOPNOTSUPP);
  CHECK_EQUAL(Get(host, &length, &one.info, kStranger), WSAEINVALIDPROVIDER);
  CHECK_EQUAL(Get(host, &length, &one.info), WSAEOPNOTSUPP);
  host.filter().host_flags = nsp::kHostRegisters | nsp::kHostStoresClasses;
  host.Publish();
  CHECK_EQUAL(Set(host, &service.set), WSASERVICE_NOT_FOUND);
  host.filter().pattern_count = 1;
  host.filter().js_thread_count = 1;
  host.filter().js_threads[0] = GetCurrentThreadId();
  host.Publish();
  CHECK_EQUAL(Set(host, &service.set), WSAEINPROGRESS);
  CHECK_EQUAL(Remove(host, &id), WSAEINPROGRESS);
  host.filter().js_thread_count = 0;
  host.filter().host_wait_limit = 0;
  host.Publish();
  CHECK_EQUAL(Set(host, &service.set), WSATRY_AGAIN);
  CHECK_EQUAL(Get(host, &length, &one.info), WSATRY_AGAIN);
  for (uint16_t kind = nsp::kFrameSetService; kind <= nsp::kFrameClassInfo; ++kind) {
    CHECK_EQUAL(host.Count(kind), 0);
  }
}

TEST(a_name_that_is_not_ours_is_not_sent) {
  Keeper keeper;
  Host host(By(&keeper));
  Service service;
  host.filter().patterns[0] = {nsp::kPatternSuffix, 3, 0, 8};
  std::memcpy(host.filter().pool, u"nsp.test", 16);
  host.filter().pool_chars = 8;
  // An entry without a written `owns` answers those who name it, as every registration does.
  host.filter().entries[kPlain].flags = nsp::kEntryOwnsByDefault;
  host.Publish();
  CHECK_EQUAL(Set(host, &service.set), 0);
  wchar_t foreign[] = L"nsp.test.example";
  service.set.lpszServiceInstanceName = foreign;
  CHECK_EQUAL(Set(host, &service.set), WSASERVICE_NOT_FOUND);
  CHECK_EQUAL(host.Count(nsp::kFrameSetService), 1);
}

TEST(without_a_host_the_network_is_down) {
  Keeper keeper;
  Host host(By(&keeper));
  Service service;
  host.Stop();
  CHECK_EQUAL(Set(host, &service.set), WSAENETDOWN);
  host.control()->flags = nsp::kControlRetired;
  CHECK_EQUAL(Set(host, &service.set), WSAENETDOWN);
}

TEST(a_registration_that_was_sent_is_never_sent_twice) {
  bool hang_up = true;
  Host host([&](const Arrived&) -> Reaction {
    return {ReplyOf(0), 0, false, std::exchange(hang_up, false)};
  });
  Service service;
  CHECK_EQUAL(Set(host, &service.set), WSAENETDOWN);
  CHECK_EQUAL(host.Count(nsp::kFrameSetService), 1);
  CHECK_EQUAL(Set(host, &service.set), 0);
  // A connection that broke while nobody looked is another matter.
  host.Restart();
  CHECK_EQUAL(Set(host, &service.set), 0);
  CHECK_EQUAL(host.Count(nsp::kFrameSetService), 3);
}

TEST(a_silent_host_is_given_up_and_told_so) {
  std::atomic<bool> silent{false};
  Host host([&](const Arrived&) -> Reaction { return {ReplyOf(0), 0, silent}; });
  Service service;
  CHECK_EQUAL(Set(host, &service.set), 0);  // so that the connection is made
  host.filter().register_deadline_ms = 200;
  host.filter().breaker_failures = 1;
  host.filter().breaker_probe_ms = 3600000;
  host.Publish();
  silent = true;
  CHECK_EQUAL(Set(host, &service.set), WSAENETDOWN);
  CHECK_EQUAL(host.Count(nsp::kFrameSetService), 2);
  // The breaker knows now.
  CHECK_EQUAL(Set(host, &service.set), WSAENETDOWN);
  CHECK_EQUAL(host.Count(nsp::kFrameSetService), 2);
  host.filter().breaker_failures = 0;
  host.filter().register_deadline_ms = 5000;
  host.Publish();
  silent = false;
  CHECK_EQUAL(host.breaker_openings.load(), 0);
  CHECK_EQUAL(Set(host, &service.set), 0);
  CHECK_EQUAL(host.Count(nsp::kFrameCancel), 1);
  CHECK_EQUAL(Set(host, &service.set), 0);
  CHECK_EQUAL(host.breaker_openings.load(), 1);  // told once
}

TEST(a_class_reaches_the_host_as_it_was_given) {
  Keeper keeper;
  Host host(By(&keeper));
  Class one;
  CHECK_EQUAL(Install(host, &one.info, kEntries[kFeed]), 0);
  nsp::InstallClassBody fixed;
  std::memcpy(&fixed, keeper.last.body.data(), sizeof(fixed));
  CHECK_EQUAL(fixed.entry, kFeed);
  nsp::ClassView view;
  CHECK(nsp::ReadClassInfo(keeper.last.body.data() + sizeof(fixed),
                           keeper.last.body.size() - sizeof(fixed), &view));
  CHECK(std::memcmp(view.head.service_class, &kClass, sizeof(kClass)) == 0);
  CHECK(Text(view.name) == u"web");
  CHECK_EQUAL(view.head.property_count, 2);
  nsp::PropertyView property;
  CHECK(nsp::NextProperty(&view.properties, &property));
  CHECK(Text(property.name) == u"TcpPort");
  CHECK_EQUAL(property.head.name_space, 12);
  CHECK_EQUAL(property.head.type, REG_DWORD);
  CHECK(property.value.size == 4 && std::memcmp(property.value.data, &one.port, 4) == 0);
  CHECK(nsp::NextProperty(&view.properties, &property));
  CHECK_EQUAL(property.value.size, 0);

  CHECK_EQUAL(Remove(host, &one.id, kEntries[kFeed]), 0);
  nsp::ClassBody named;
  CHECK_EQUAL(keeper.last.body.size(), sizeof(named));
  std::memcpy(&named, keeper.last.body.data(), sizeof(named));
  CHECK_EQUAL(named.entry, kFeed);
  CHECK(std::memcmp(named.service_class, &kClass, sizeof(kClass)) == 0);
}

// CLASS-04, CLASS-05: the structure that names the class lies in the buffer that gets the answer.
TEST(a_class_is_returned_into_the_buffer_that_named_it) {
  Keeper keeper;
  Host host(By(&keeper));
  keeper.body = ReplyOf(0, ClassBlock());
  DWORD need = 0;
  GUID id = kClass;
  WSASERVICECLASSINFOW wanted = {&id, nullptr, 0, nullptr};
  CHECK_EQUAL(Get(host, &need, &wanted), WSAEFAULT);
  constexpr size_t kRoom = 1024;
  CHECK(need > sizeof(wanted) && need < kRoom - 16);
  for (DWORD length = 0; length <= need; ++length) {
    std::vector<uint8_t> buffer(kRoom, 0xab);
    uint8_t* at = buffer.data() + 1;  // odd
    std::memcpy(at, &wanted, sizeof(wanted));
    const std::vector<uint8_t> before = buffer;
    DWORD reported = length;
    const DWORD code = Get(host, &reported, at);
    CHECK_EQUAL(code, length < need ? WSAEFAULT : 0);
    CHECK_EQUAL(reported, need);
    if (code != 0) {
      CHECK(buffer == before);
      continue;
    }
    WSASERVICECLASSINFOW info;
    std::memcpy(&info, at, sizeof(info));
    const auto* class_id = reinterpret_cast<const uint8_t*>(info.lpServiceClassId);
    CHECK(class_id > at && class_id + sizeof(GUID) <= at + need);
    CHECK(std::memcmp(class_id, &kClass, sizeof(kClass)) == 0);
    CHECK(std::wcscmp(info.lpszServiceClassName, L"web") == 0);
    CHECK(std::all_of(at + need, buffer.data() + buffer.size(),
                      [](uint8_t byte) { return byte == 0xab; }));
  }
}

TEST(null_is_invalid_everywhere) {
  Keeper keeper;
  Host host(By(&keeper));
  const NSP_ROUTINE& table = host.table();
  Service service;
  Class one;
  GUID id = kEntries[0];
  DWORD length = 64;
  const auto reg = RNRSERVICE_REGISTER;
  CHECK_EQUAL(Code([&] { return table.NSPSetService(nullptr, nullptr, &service.set, reg, 0); }),
              WSAEINVAL);
  CHECK_EQUAL(Set(host, nullptr), WSAEINVAL);
  CHECK_EQUAL(Set(host, &service.set, -1), WSAEINVAL);
  CHECK_EQUAL(Code([&] { return table.NSPInstallServiceClass(nullptr, &one.info); }), WSAEINVAL);
  CHECK_EQUAL(Install(host, nullptr), WSAEINVAL);
  CHECK_EQUAL(Code([&] { return table.NSPRemoveServiceClass(nullptr, &id); }), WSAEINVAL);
  CHECK_EQUAL(Remove(host, nullptr), WSAEINVAL);
  CHECK_EQUAL(Code([&] { return table.NSPGetServiceClassInfo(nullptr, &length, &one.info); }),
              WSAEINVAL);
  CHECK_EQUAL(Get(host, nullptr, &one.info), WSAEINVAL);
  CHECK_EQUAL(Get(host, &length, nullptr), WSAEINVAL);
  one.info.lpServiceClassId = nullptr;
  CHECK_EQUAL(Get(host, &length, &one.info), WSAEINVAL);
}

TEST(memory_that_is_not_there_is_a_fault_everywhere) {
  Keeper keeper;
  Host host(By(&keeper));
  keeper.body = ReplyOf(0, ClassBlock());
  const NSP_ROUTINE& table = host.table();
  Class one;
  Service service;
  DWORD length = 64;
  for (void* bad : BadPointers()) {
    auto* guid = static_cast<GUID*>(bad);
    auto* info = static_cast<WSASERVICECLASSINFOW*>(bad);
    CHECK_EQUAL(Code([&] {
                  return table.NSPSetService(guid, nullptr, &service.set, RNRSERVICE_REGISTER, 0);
                }),
                WSAEFAULT);
    CHECK_EQUAL(Set(host, static_cast<WSAQUERYSETW*>(bad)), WSAEFAULT);
    CHECK_EQUAL(Install(host, info), WSAEFAULT);
    CHECK_EQUAL(Remove(host, guid), WSAEFAULT);
    CHECK_EQUAL(Get(host, static_cast<DWORD*>(bad), &one.info), WSAEFAULT);
    CHECK_EQUAL(Get(host, &length, bad), WSAEFAULT);
    WSASERVICECLASSINFOW names_junk = {guid, nullptr, 0, nullptr};
    CHECK_EQUAL(Get(host, &length, &names_junk), WSAEFAULT);
  }
  // Readable, so the class is found, but the answer cannot be put there; and the size stays.
  static void* page = VirtualAlloc(nullptr, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  GUID id = kClass;
  *static_cast<WSASERVICECLASSINFOW*>(page) = {&id, nullptr, 0, nullptr};
  DWORD old = 0;
  VirtualProtect(page, 4096, PAGE_READONLY, &old);
  length = 4096;
  CHECK_EQUAL(Get(host, &length, page), WSAEFAULT);
  CHECK_EQUAL(length, 4096);
}
