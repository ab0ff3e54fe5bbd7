// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What clients hand over to NSPSetService and NSPInstallServiceClass: each pointer and size wrong
// in each way, structures at odd addresses, and structures that change while they are read.
#include <atomic>
#include <cstring>
#include <functional>
#include <thread>

#include "check.h"
#include "class_reader.h"
#include "registration.h"

namespace {

using Block = std::vector<uint8_t>;

// Two pages of which only the first is there; what ends at its end ends the memory.
uint8_t* EndOfMemory() {
  constexpr size_t kPage = 4096;
  static auto* pages =
      static_cast<uint8_t*>(VirtualAlloc(nullptr, 2 * kPage, MEM_RESERVE, PAGE_NOACCESS));
  static void* first = VirtualAlloc(pages, kPage, MEM_COMMIT, PAGE_READWRITE);
  return static_cast<uint8_t*>(first) + kPage;
}

std::vector<void*> BadPointers() {
  return {reinterpret_cast<void*>(1), EndOfMemory(), EndOfMemory() - 1,
          reinterpret_cast<void*>(~uintptr_t{0} - 1)};
}

struct Service {
  wchar_t text[16] = L"a.nsp.test";
  GUID service_class = {};
  WSAVERSION version = {7, COMP_EQUAL};
  uint8_t sockaddr_bytes[nsp::kMaxSockaddrBytes + 1] = {2};
  CSADDR_INFO address = {};
  BLOB blob = {3, sockaddr_bytes};
  WSAQUERYSETW set = {};

  Service() {
    auto* address_bytes = reinterpret_cast<sockaddr*>(sockaddr_bytes);
    address.LocalAddr = {address_bytes, 16};
    address.RemoteAddr = {address_bytes, 16};
    set.dwSize = sizeof(set);
    set.lpszServiceInstanceName = text;
    set.lpServiceClassId = &service_class;
    set.lpVersion = &version;
    set.lpszComment = text;
    set.lpszContext = text;
    set.dwNumberOfCsAddrs = 1;
    set.lpcsaBuffer = &address;
    set.lpBlob = &blob;
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
};

struct Class {
  GUID id = {};
  wchar_t text[16] = L"a class";
  DWORD value = 80;
  WSANSCLASSINFOW property = {text, 12, REG_DWORD, sizeof(value), &value};
  WSASERVICECLASSINFOW info = {&id, text, 1, &property};

  Class() = default;
  Class(const Class&) = delete;
  Class& operator=(const Class&) = delete;
};

// Whatever the client did meanwhile: what was taken over is a sound block, or there is none.
DWORD CopyService(const void* set) {
  nsp::Registration registration;
  const DWORD code = registration.Copy(set);
  if (code == 0) {
    const nsp::QuerySetView view = registration.View();
    Block block(nsp::MeasureQuerySet(view));
    nsp::QuerySetView read;
    if (!block.empty()) nsp::WriteQuerySet(view, block.data());
    CHECK(!block.empty() && nsp::ReadQuerySet(block.data(), block.size(), &read));
    for (uint32_t i = 0; i < read.name.size; i += 2)
      CHECK(read.name.data[i] != 0 || read.name.data[i + 1] != 0);
  }
  return code;
}

DWORD CopyClass(const void* info) {
  nsp::ClassReader reader;
  const DWORD code = reader.Copy(info);
  if (code == 0) {
    const nsp::ClassView view = reader.View();
    Block block(nsp::MeasureClassInfo(view));
    nsp::ClassView read;
    if (!block.empty()) nsp::WriteClassInfo(view, block.data());
    CHECK(!block.empty() && nsp::ReadClassInfo(block.data(), block.size(), &read));
  }
  return code;
}

DWORD After(const std::function<void(Service&)>& spoil) {
  Service service;
  spoil(service);
  return CopyService(&service.set);
}
DWORD AfterClass(const std::function<void(Class&)>& spoil) {
  Class one;
  spoil(one);
  return CopyClass(&one.info);
}

}  // namespace

TEST(each_bad_pointer_of_a_service_is_a_fault) {
  CHECK_EQUAL(After([](Service&) {}), 0);
  for (void* bad : BadPointers()) {
    auto* text = static_cast<LPWSTR>(bad);
    auto* address = static_cast<sockaddr*>(bad);
    CHECK_EQUAL(CopyService(bad), WSAEFAULT);
    CHECK_EQUAL(After([&](Service& s) { s.set.lpszServiceInstanceName = text; }), WSAEFAULT);
    CHECK_EQUAL(After([&](Service& s) { s.set.lpszComment = text; }), WSAEFAULT);
    CHECK_EQUAL(After([&](Service& s) { s.set.lpszContext = text; }), WSAEFAULT);
    CHECK_EQUAL(After([&](Service& s) { s.set.lpServiceClassId = static_cast<LPGUID>(bad); }),
                WSAEFAULT);
    CHECK_EQUAL(After([&](Service& s) { s.set.lpVersion = static_cast<LPWSAVERSION>(bad); }),
                WSAEFAULT);
    CHECK_EQUAL(After([&](Service& s) { s.set.lpcsaBuffer = static_cast<LPCSADDR_INFO>(bad); }),
                WSAEFAULT);
    CHECK_EQUAL(After([&](Service& s) { s.set.lpBlob = static_cast<LPBLOB>(bad); }), WSAEFAULT);
    CHECK_EQUAL(After([&](Service& s) { s.blob.pBlobData = static_cast<BYTE*>(bad); }), WSAEFAULT);
    CHECK_EQUAL(After([&](Service& s) { s.address.LocalAddr.lpSockaddr = address; }), WSAEFAULT);
    CHECK_EQUAL(After([&](Service& s) { s.address.RemoteAddr.lpSockaddr = address; }), WSAEFAULT);
  }
}

TEST(each_bad_size_of_a_service_is_refused) {
  for (DWORD size : std::initializer_list<DWORD>{0u, 1u, sizeof(WSAQUERYSETW) - 1}) {
    CHECK_EQUAL(After([&](Service& s) { s.set.dwSize = size; }), WSAEFAULT);
  }
  CHECK_EQUAL(After([](Service& s) { s.set.dwSize = 0x80000000; }), 0);  // a later, larger version
  for (DWORD count :
       std::initializer_list<DWORD>{nsp::kMaxAddresses + 1, 0x80000000u, 0xffffffffu}) {
    CHECK_EQUAL(After([&](Service& s) { s.set.dwNumberOfCsAddrs = count; }), WSAEINVAL);
  }
  // More than there are: the memory behind the array ends.
  CHECK_EQUAL(After([](Service& s) {
                s.set.lpcsaBuffer = reinterpret_cast<LPCSADDR_INFO>(EndOfMemory()) - 1;
                std::memcpy(static_cast<void*>(s.set.lpcsaBuffer), &s.address, sizeof(s.address));
                s.set.dwNumberOfCsAddrs = 2;
              }),
              WSAEFAULT);
  CHECK_EQUAL(After([](Service& s) { s.set.lpcsaBuffer = nullptr; }), WSAEFAULT);
  for (INT length : {-1, static_cast<INT>(nsp::kMaxSockaddrBytes) + 1, INT_MAX, INT_MIN}) {
    CHECK_EQUAL(After([&](Service& s) { s.address.LocalAddr.iSockaddrLength = length; }),
                WSAEINVAL);
    CHECK_EQUAL(After([&](Service& s) { s.address.RemoteAddr.iSockaddrLength = length; }),
                WSAEINVAL);
  }
  for (DWORD size :
       std::initializer_list<DWORD>{nsp::kMaxBlobBytes + 1, 0x80000000u, 0xffffffffu}) {
    CHECK_EQUAL(After([&](Service& s) { s.blob.cbSize = size; }), WSAEINVAL);
  }
}

TEST(a_side_without_a_length_is_absent_wherever_it_points) {
  CHECK_EQUAL(After([](Service& s) {
                s.address.LocalAddr = {static_cast<sockaddr*>(BadPointers()[0]), 0};
                s.address.RemoteAddr = {nullptr, 0};
              }),
              0);
}

TEST(a_text_without_an_end_is_a_fault) {
  const std::vector<wchar_t> endless(nsp::kMaxStringChars + 2, L'x');
  auto* text = const_cast<LPWSTR>(endless.data());
  CHECK_EQUAL(After([&](Service& s) { s.set.lpszServiceInstanceName = text; }), WSAEFAULT);
  CHECK_EQUAL(AfterClass([&](Class& c) { c.info.lpszServiceClassName = text; }), WSAEFAULT);
}

TEST(what_fills_more_than_a_frame_is_refused) {
  std::vector<CSADDR_INFO> many(nsp::kMaxAddresses);
  Service service;
  for (CSADDR_INFO& one : many) {
    one = service.address;
    one.LocalAddr.iSockaddrLength = one.RemoteAddr.iSockaddrLength = nsp::kMaxSockaddrBytes;
  }
  service.set.lpcsaBuffer = many.data();
  service.set.dwNumberOfCsAddrs = nsp::kMaxAddresses;
  CHECK_EQUAL(CopyService(&service.set), WSAENOBUFS);
  const Block value(nsp::kMaxBlobBytes);
  Class one;
  one.property.dwValueSize = nsp::kMaxBlobBytes;
  one.property.lpValue = const_cast<uint8_t*>(value.data());
  WSANSCLASSINFOW properties[] = {one.property, one.property, one.property};
  one.info.lpClassInfos = properties;
  CHECK_EQUAL(CopyClass(&one.info), 0);
  one.info.dwCount = 3;
  CHECK_EQUAL(CopyClass(&one.info), WSAENOBUFS);
}

TEST(each_bad_pointer_and_size_of_a_class_is_refused) {
  CHECK_EQUAL(AfterClass([](Class&) {}), 0);
  for (void* bad : BadPointers()) {
    CHECK_EQUAL(CopyClass(bad), WSAEFAULT);
    CHECK_EQUAL(AfterClass([&](Class& c) { c.info.lpServiceClassId = static_cast<LPGUID>(bad); }),
                WSAEFAULT);
    CHECK_EQUAL(
        AfterClass([&](Class& c) { c.info.lpszServiceClassName = static_cast<LPWSTR>(bad); }),
        WSAEFAULT);
    CHECK_EQUAL(
        AfterClass([&](Class& c) { c.info.lpClassInfos = static_cast<LPWSANSCLASSINFOW>(bad); }),
        WSAEFAULT);
    CHECK_EQUAL(AfterClass([&](Class& c) { c.property.lpszName = static_cast<LPWSTR>(bad); }),
                WSAEFAULT);
    CHECK_EQUAL(AfterClass([&](Class& c) { c.property.lpValue = bad; }), WSAEFAULT);
  }
  CHECK_EQUAL(AfterClass([](Class& c) { c.info.lpServiceClassId = nullptr; }), WSAEINVAL);
  CHECK_EQUAL(AfterClass([](Class& c) { c.info.lpszServiceClassName = nullptr; }), WSAEINVAL);
  CHECK_EQUAL(AfterClass([](Class& c) { c.property.lpszName = nullptr; }), WSAEINVAL);
  CHECK_EQUAL(AfterClass([](Class& c) { c.info.lpClassInfos = nullptr; }), WSAEFAULT);
  CHECK_EQUAL(AfterClass([](Class& c) { c.property.lpValue = nullptr; }), WSAEFAULT);
  for (DWORD count :
       std::initializer_list<DWORD>{nsp::kMaxClassProperties + 1, 0x80000000u, 0xffffffffu}) {
    CHECK_EQUAL(AfterClass([&](Class& c) { c.info.dwCount = count; }), WSAEINVAL);
  }
  for (DWORD size :
       std::initializer_list<DWORD>{nsp::kMaxBlobBytes + 1, 0x80000000u, 0xffffffffu}) {
    CHECK_EQUAL(AfterClass([&](Class& c) { c.property.dwValueSize = size; }), WSAEINVAL);
  }
}

TEST(odd_addresses_are_read) {
  Service service;
  Class one;
  for (size_t shift = 1; shift < 8; ++shift) {
    Block memory(512);
    uint8_t* set = memory.data() + shift;
    uint8_t* address = memory.data() + 256 + shift;
    std::memcpy(address, &service.address, sizeof(service.address));
    WSAQUERYSETW moved = service.set;
    moved.lpcsaBuffer = reinterpret_cast<LPCSADDR_INFO>(address);
    std::memcpy(set, &moved, sizeof(moved));
    CHECK_EQUAL(CopyService(set), 0);
    std::memcpy(set, &one.info, sizeof(one.info));
    CHECK_EQUAL(CopyClass(set), 0);
  }
}

// The copy is taken once, so what is judged is what is sent, whatever another thread does to the
// original; the checks are CopyService's and CopyClass's.
TEST(structures_that_change_while_they_are_read) {
  Service service;
  Class one;
  std::vector<wchar_t> text(600, L'x');
  text.back() = 0;
  service.set.lpszServiceInstanceName = one.info.lpszServiceClassName = text.data();
  std::atomic<bool> stop{false};
  std::thread changer([&] {
    auto flip = [](auto* at, auto value) {
      std::atomic_ref(*at).store(static_cast<std::remove_reference_t<decltype(*at)>>(value));
    };
    const auto good = reinterpret_cast<uintptr_t>(service.sockaddr_bytes);
    auto* pointer = reinterpret_cast<uintptr_t*>(&service.address.RemoteAddr.lpSockaddr);
    for (uint32_t i = 0; !stop; ++i) {
      const bool bad = i % 2 != 0;
      flip(&service.address.RemoteAddr.iSockaddrLength, bad ? INT_MAX : 16);
      flip(pointer, bad ? uintptr_t{1} : good);
      flip(&service.set.dwNumberOfCsAddrs, bad ? 0xffffffffu : 1u);
      flip(&service.blob.cbSize, bad ? 0x80000000u : 3u);
      flip(&one.info.dwCount, bad ? 0xffffffffu : 1u);
      flip(&one.property.dwValueSize, bad ? 0xffffffffu : 4u);
      flip(&text[i % 599], bad ? L'\0' : L'x');
    }
  });
  int seen[3] = {};
  for (int i = 0; i < 20000; ++i) {
    for (const DWORD code : {CopyService(&service.set), CopyClass(&one.info)}) {
      CHECK(code == 0 || code == WSAEFAULT || code == WSAEINVAL);
      ++seen[code == 0 ? 0 : code == WSAEFAULT ? 1 : 2];
    }
  }
  stop = true;
  changer.join();
  CHECK(seen[0] != 0 || seen[2] != 0);
}
