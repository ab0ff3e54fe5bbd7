// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One result into a buffer: for every size from 0 to what it needs, at every alignment, with guard
// bytes.
#include "result_writer.h"

#include <cstring>

#include "check.h"

namespace {

const uint8_t kProvider[16] = {9, 8, 7};

// A result with everything: two addresses, one of them raw.
std::vector<uint8_t> Block() {
  static const uint8_t blob[] = {1, 2, 3, 4, 5};
  struct {
    nsp::AddressHead head = {2, 17, 0, 16};
    uint8_t remote[16] = {AF_INET, 0, 0, 80, 10, 1, 0, 1};
    nsp::AddressHead raw = {1, 3, 10, 10};
    uint8_t local[12] = {32};
    uint8_t distant[12] = {32};
  } addresses;
  nsp::QuerySetView view;
  view.head.present =
      nsp::kHasName | nsp::kHasClass | nsp::kHasVersion | nsp::kHasComment | nsp::kHasBlob;
  view.name = {reinterpret_cast<const uint8_t*>(u"printer"), 14};
  view.comment = {reinterpret_cast<const uint8_t*>(u"odd"), 6};
  view.blob = {blob, sizeof(blob)};
  view.head.version = 3;
  view.head.address_count = 2;
  view.addresses = {reinterpret_cast<const uint8_t*>(&addresses), sizeof(addresses)};
  std::vector<uint8_t> block(nsp::MeasureQuerySet(view));
  nsp::WriteQuerySet(view, block.data());
  return block;
}

struct Written {
  DWORD code;
  uint32_t need;
};

Written Write(const std::vector<uint8_t>& block, uint32_t flags, void* buffer, uint32_t length) {
  nsp::QuerySetView item;
  Written written = {1, 0};
  if (nsp::ReadQuerySet(block.data(), block.size(), &item)) {
    written.code = nsp::WriteResult({&item, flags, 1001, kProvider, buffer, length}, &written.need);
  }
  return written;
}

}  // namespace

TEST(every_smaller_buffer_is_refused_untouched) {
  const std::vector<uint8_t> block = Block();
  const uint32_t need = Write(block, LUP_RETURN_ALL, nullptr, 0).need;
  CHECK(need > sizeof(WSAQUERYSETW));
  for (uint32_t length = 0; length < need; ++length) {
    std::vector<uint8_t> buffer(need + 16, 0xab);
    Written written = Write(block, LUP_RETURN_ALL, buffer.data(), length);
    CHECK_EQUAL(written.code, WSAEFAULT);
    CHECK_EQUAL(written.need, need);
    CHECK(buffer == std::vector<uint8_t>(need + 16, 0xab));
  }
}

TEST(every_alignment_fits_and_keeps_its_bounds) {
  const std::vector<uint8_t> block = Block();
  const uint32_t need = Write(block, LUP_RETURN_ALL, nullptr, 0).need;
  for (size_t shift = 0; shift < 8; ++shift) {
    std::vector<uint8_t> buffer(need + 32, 0xab);
    uint8_t* base =
        buffer.data() + (8 - reinterpret_cast<uintptr_t>(buffer.data()) % 8) % 8 + shift;
    CHECK_EQUAL(Write(block, LUP_RETURN_ALL, base, need).code, 0);
    WSAQUERYSETW set;
    std::memcpy(&set, base, sizeof(set));
    auto inside = [&](const void* pointer, size_t size, size_t align) {
      auto* at = static_cast<const uint8_t*>(pointer);
      return at >= base + sizeof(set) && at + size <= base + need &&
             reinterpret_cast<uintptr_t>(at) % align == 0;
    };
    CHECK_EQUAL(set.dwSize, sizeof(set));
    CHECK_EQUAL(set.dwNameSpace, 1001);
    CHECK(inside(set.lpNSProviderId, sizeof(GUID), 4));
    CHECK(inside(set.lpszServiceInstanceName, 16, 2) &&
          wcscmp(set.lpszServiceInstanceName, L"printer") == 0);
    CHECK(inside(set.lpszComment, 8, 2) && wcscmp(set.lpszComment, L"odd") == 0);
    CHECK(inside(set.lpVersion, sizeof(WSAVERSION), 4) && set.lpVersion->dwVersion == 3);
    CHECK(inside(set.lpServiceClassId, sizeof(GUID), 4));
    CHECK(inside(set.lpBlob, sizeof(BLOB), sizeof(void*)) && inside(set.lpBlob->pBlobData, 5, 8));
    CHECK_EQUAL(set.dwNumberOfCsAddrs, 2);
    CHECK(inside(set.lpcsaBuffer, 2 * sizeof(CSADDR_INFO), sizeof(void*)));
    CHECK(set.lpszContext == nullptr && set.lpszQueryString == nullptr &&
          set.lpafpProtocols == nullptr);
    for (uint8_t* at = base + need; at < buffer.data() + buffer.size(); ++at)
      CHECK_EQUAL(*at, 0xab);
  }
}

TEST(an_ip_address_gets_a_zeroed_local_side_and_others_keep_theirs) {
  const std::vector<uint8_t> block = Block();
  alignas(8) uint8_t buffer[1024];
  CHECK_EQUAL(Write(block, LUP_RETURN_ADDR, buffer, sizeof(buffer)).code, 0);
  auto* set = reinterpret_cast<WSAQUERYSETW*>(buffer);
  const CSADDR_INFO& ip = set->lpcsaBuffer[0];
  const CSADDR_INFO& raw = set->lpcsaBuffer[1];
  CHECK_EQUAL(ip.LocalAddr.iSockaddrLength, 16);
  CHECK_EQUAL(ip.LocalAddr.lpSockaddr->sa_family, AF_INET);
  CHECK_EQUAL(ip.RemoteAddr.iSockaddrLength, 16);
  CHECK_EQUAL(raw.LocalAddr.iSockaddrLength, 10);
  CHECK_EQUAL(raw.RemoteAddr.lpSockaddr->sa_family, 32);
}

TEST(only_what_is_asked_for_is_there) {
  const std::vector<uint8_t> block = Block();
  alignas(8) uint8_t buffer[1024];
  CHECK_EQUAL(Write(block, LUP_RETURN_NAME, buffer, sizeof(buffer)).code, 0);
  auto* set = reinterpret_cast<WSAQUERYSETW*>(buffer);
  CHECK(set->lpszServiceInstanceName != nullptr);
  CHECK(set->lpBlob == nullptr && set->lpVersion == nullptr && set->lpszComment == nullptr);
  CHECK(set->lpcsaBuffer == nullptr && set->dwNumberOfCsAddrs == 0);
}

TEST(a_buffer_that_cannot_be_written_is_a_fault_without_a_size) {
  const std::vector<uint8_t> block = Block();
  Written written = Write(block, LUP_RETURN_ALL, reinterpret_cast<void*>(64), 4096);
  CHECK_EQUAL(written.code, WSAEFAULT);
  CHECK_EQUAL(written.need, 0);
}
