// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// CLASS-04, CLASS-05: a class into a buffer, for every size from 0 to what it needs, at every
// alignment, with guard bytes.
#include "class_writer.h"

#include <cstring>

#include "check.h"

namespace {

using Block = std::vector<uint8_t>;
constexpr size_t kRoom = 1024;

Block Encode() {
  static const uint8_t value[] = {1, 2, 3, 4, 5};
  Block properties;
  for (uint32_t size : {5u, 0u, 2u}) {
    nsp::PropertyView property;
    property.name = {reinterpret_cast<const uint8_t*>(u"SapId"), 10};
    property.head = {12, REG_BINARY, 0};
    property.value = {value, size};
    const size_t at = properties.size();
    properties.resize(at + nsp::MeasureProperty(property));
    nsp::WriteProperty(property, properties.data() + at);
  }
  nsp::ClassView view;
  view.head.property_count = 3;
  view.head.service_class[0] = 9;
  view.name = {reinterpret_cast<const uint8_t*>(u"web"), 6};
  view.properties = {properties.data(), static_cast<uint32_t>(properties.size())};
  Block block(nsp::MeasureClassInfo(view));
  nsp::WriteClassInfo(view, block.data());
  return block;
}

DWORD Store(void* buffer, uint32_t length, uint32_t* need) {
  static const Block block = Encode();
  nsp::ClassView view;
  return nsp::ReadClassInfo(block.data(), block.size(), &view)
             ? nsp::StoreClassInfo(view, buffer, length, need)
             : 1;
}

}  // namespace

TEST(every_smaller_buffer_is_refused_untouched) {
  uint32_t need = 0;
  CHECK_EQUAL(Store(nullptr, 0, &need), WSAEFAULT);
  CHECK(need > sizeof(WSASERVICECLASSINFOW) && need < kRoom);
  CHECK_EQUAL(need % 8, 7);
  for (uint32_t length = 0; length < need; ++length) {
    Block buffer(kRoom, 0xab);
    uint32_t again = 0;
    CHECK_EQUAL(Store(buffer.data(), length, &again), WSAEFAULT);
    CHECK_EQUAL(again, need);
    CHECK(buffer == Block(kRoom, 0xab));
  }
}

TEST(every_alignment_fits_and_keeps_its_bounds) {
  uint32_t need = 0;
  CHECK_EQUAL(Store(nullptr, 0, &need), WSAEFAULT);
  for (size_t shift = 0; shift < 8; ++shift) {
    Block buffer(kRoom, 0xab);
    uint8_t* base =
        buffer.data() + (8 - reinterpret_cast<uintptr_t>(buffer.data()) % 8) % 8 + shift;
    CHECK_EQUAL(Store(base, need, &need), 0);
    WSASERVICECLASSINFOW info;
    std::memcpy(&info, base, sizeof(info));
    auto inside = [&](const void* pointer, size_t size, size_t align) {
      auto* at = static_cast<const uint8_t*>(pointer);
      return at >= base + sizeof(info) && at + size <= base + need &&
             reinterpret_cast<uintptr_t>(at) % align == 0;
    };
    CHECK(inside(info.lpServiceClassId, sizeof(GUID), 4) && info.lpServiceClassId->Data1 == 9);
    CHECK(inside(info.lpszServiceClassName, 8, 2) &&
          wcscmp(info.lpszServiceClassName, L"web") == 0);
    CHECK_EQUAL(info.dwCount, 3);
    CHECK(inside(info.lpClassInfos, 3 * sizeof(WSANSCLASSINFOW), sizeof(void*)));
    const DWORD sizes[] = {5, 0, 2};
    for (int i = 0; i < 3; ++i) {
      const WSANSCLASSINFOW& property = info.lpClassInfos[i];
      CHECK(inside(property.lpszName, 12, 2) && wcscmp(property.lpszName, L"SapId") == 0);
      CHECK_EQUAL(property.dwNameSpace, 12);
      CHECK_EQUAL(property.dwValueType, REG_BINARY);
      CHECK_EQUAL(property.dwValueSize, sizes[i]);
      CHECK(sizes[i] == 0 ? property.lpValue == nullptr
                          : inside(property.lpValue, sizes[i], 8) &&
                                std::memcmp(property.lpValue, "\1\2\3\4\5", sizes[i]) == 0);
    }
    for (uint8_t* at = base + need; at < buffer.data() + buffer.size(); ++at)
      CHECK_EQUAL(*at, 0xab);
  }
}

TEST(a_buffer_that_cannot_be_written_is_a_fault_without_a_size) {
  uint32_t need = 1;
  CHECK_EQUAL(Store(reinterpret_cast<void*>(64), kRoom, &need), WSAEFAULT);
  CHECK_EQUAL(need, 0);
}

TEST(the_structures_have_the_published_layout) {
  constexpr size_t kPointer = sizeof(void*);
  CHECK_EQUAL(sizeof(WSASERVICECLASSINFOW), kPointer == 8 ? 32 : 16);
  CHECK_EQUAL(sizeof(WSANSCLASSINFOW), kPointer == 8 ? 32 : 20);
}
