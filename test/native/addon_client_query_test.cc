// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Tests of client_query.h: what providers write is read only within its buffer, which here ends at
// a page that nobody may touch.
#include "client_query.h"

#include <cstring>

#include "check.h"

namespace {

constexpr size_t kPage = 4096;

// `size` bytes whose end is the end of accessible memory.
class Guarded {
 public:
  explicit Guarded(size_t size) : size_(size) {
    pages_ = static_cast<uint8_t*>(VirtualAlloc(nullptr, 2 * kPage, MEM_RESERVE, PAGE_NOACCESS));
    VirtualAlloc(pages_, kPage, MEM_COMMIT, PAGE_READWRITE);
  }
  ~Guarded() { VirtualFree(pages_, 0, MEM_RELEASE); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  uint8_t* data() { return pages_ + kPage - size_; }
  [[nodiscard]] size_t size() const { return size_; }

 private:
  size_t size_;
  uint8_t* pages_;
};

struct Result {
  WSAQUERYSETW query;
  WSAVERSION version;
  GUID service_class;
  GUID provider;
  BLOB blob;
  uint8_t blob_bytes[8];
  CSADDR_INFO addresses[2];
  sockaddr_in remote;
  sockaddr_in local;
  wchar_t name[8];
  wchar_t comment[4];
};

void Fill(Result* result) {
  std::memset(result, 0, sizeof *result);
  WSAQUERYSETW& query = result->query;
  query.dwSize = sizeof query;
  std::memcpy(result->name, L"printer", sizeof result->name);
  std::memcpy(result->comment, L"lab", sizeof result->comment);
  query.lpszServiceInstanceName = result->name;
  query.lpszComment = result->comment;
  query.lpServiceClassId = &result->service_class;
  query.lpNSProviderId = &result->provider;
  query.lpVersion = &result->version;
  result->version.dwVersion = 7;
  result->service_class.Data1 = 0x90050;
  result->provider.Data1 = 0x8f6c1d10;
  query.lpBlob = &result->blob;
  result->blob = {sizeof result->blob_bytes, result->blob_bytes};
  result->blob_bytes[7] = 9;
  query.dwNameSpace = 1001;
  query.dwOutputFlags = 0x10;
  query.dwNumberOfCsAddrs = 2;
  query.lpcsaBuffer = result->addresses;
  result->remote.sin_family = AF_INET;
  result->local.sin_family = AF_INET;
  result->addresses[0].RemoteAddr = {reinterpret_cast<sockaddr*>(&result->remote),
                                     sizeof result->remote};
  result->addresses[0].LocalAddr = {reinterpret_cast<sockaddr*>(&result->local),
                                    sizeof result->local};
  result->addresses[0].iSocketType = SOCK_STREAM;
  result->addresses[0].iProtocol = IPPROTO_TCP;
}

// A valid result, spoilt by `change`, read with all of its bytes.
template <typename Change>
bool ReadSpoilt(const Change& change) {
  Guarded memory(sizeof(Result));
  auto* result = reinterpret_cast<Result*>(memory.data());
  Fill(result);
  change(*result);
  nsp::ClientSet set;
  return nsp::ReadResult(memory.data(), memory.size(), &set);
}

// A member that points to something of `size` bytes, led to places that are not wholly inside.
template <typename T>
void CheckPointer(T* WSAQUERYSETW::*member, size_t size) {
  const uintptr_t places[] = {1, 8, UINTPTR_MAX, UINTPTR_MAX - 7};
  for (const uintptr_t place : places) {
    CHECK(!ReadSpoilt([&](Result& result) { result.query.*member = reinterpret_cast<T*>(place); }));
  }
  CHECK(!ReadSpoilt([&](Result& result) {
    result.query.*member = reinterpret_cast<T*>(reinterpret_cast<uint8_t*>(&result) - 1);
  }));
  CHECK(!ReadSpoilt([&](Result& result) {
    result.query.*member = reinterpret_cast<T*>(reinterpret_cast<uint8_t*>(&result + 1) - size + 1);
  }));
}

}  // namespace

TEST(AWholeResultIsRead) {
  Guarded memory(sizeof(Result));
  auto* result = reinterpret_cast<Result*>(memory.data());
  Fill(result);
  nsp::ClientSet set;
  CHECK(nsp::ReadResult(memory.data(), memory.size(), &set));
  CHECK(set.name == L"printer");
  CHECK(set.comment == L"lab");
  CHECK(!set.context && !set.query_string);
  CHECK_EQUAL(*set.version, 7);
  CHECK_EQUAL(set.service_class->Data1, 0x90050);
  CHECK_EQUAL(set.provider->Data1, 0x8f6c1d10);
  CHECK_EQUAL(set.blob->size(), 8);
  CHECK_EQUAL(set.blob->back(), 9);
  CHECK_EQUAL(set.name_space, 1001);
  CHECK_EQUAL(set.flags, 0x10);
  CHECK_EQUAL(set.addresses.size(), 2);
  CHECK_EQUAL(set.addresses[0].remote.size(), 16);
  CHECK_EQUAL(set.addresses[0].local.size(), 16);
  CHECK_EQUAL(set.addresses[0].protocol, IPPROTO_TCP);
  CHECK(set.addresses[1].remote.empty());
}

TEST(EmptyAndAbsentAreDifferent) {
  Guarded memory(sizeof(Result));
  auto* result = reinterpret_cast<Result*>(memory.data());
  Fill(result);
  result->comment[0] = 0;
  result->query.lpszServiceInstanceName = nullptr;
  result->query.lpBlob->cbSize = 0;
  result->query.lpBlob->pBlobData = nullptr;
  result->query.lpcsaBuffer = nullptr;  // whatever its count says
  nsp::ClientSet set;
  CHECK(nsp::ReadResult(memory.data(), memory.size(), &set));
  CHECK(set.comment && set.comment->empty());
  CHECK(!set.name);
  CHECK(set.blob && set.blob->empty());
  CHECK(set.addresses.empty());
}

TEST(NothingIsReadBehindAShortBuffer) {
  for (size_t size = 0; size < sizeof(Result); ++size) {
    Guarded memory(size);
    Result whole;
    Fill(&whole);
    std::memcpy(memory.data(), &whole, size);
    nsp::ClientSet set;
    // Its pointers lead to `whole`, outside of the buffer.
    CHECK(!nsp::ReadResult(memory.data(), size, &set));
  }
}

TEST(PointersMustLieInside) {
  CheckPointer(&WSAQUERYSETW::lpszServiceInstanceName, sizeof(wchar_t));
  CheckPointer(&WSAQUERYSETW::lpszComment, sizeof(wchar_t));
  CheckPointer(&WSAQUERYSETW::lpszContext, sizeof(wchar_t));
  CheckPointer(&WSAQUERYSETW::lpszQueryString, sizeof(wchar_t));
  CheckPointer(&WSAQUERYSETW::lpServiceClassId, sizeof(GUID));
  CheckPointer(&WSAQUERYSETW::lpNSProviderId, sizeof(GUID));
  CheckPointer(&WSAQUERYSETW::lpVersion, sizeof(WSAVERSION));
  CheckPointer(&WSAQUERYSETW::lpBlob, sizeof(BLOB));
  CheckPointer(&WSAQUERYSETW::lpcsaBuffer, 2 * sizeof(CSADDR_INFO));
}

TEST(CountsAndLengthsMustFit) {
  CHECK(!ReadSpoilt([](Result& result) { result.query.dwNumberOfCsAddrs = 100; }));
  CHECK(!ReadSpoilt([](Result& result) { result.query.dwNumberOfCsAddrs = 0xffffffff; }));
  CHECK(!ReadSpoilt([](Result& result) { result.blob.cbSize = sizeof(Result); }));
  CHECK(!ReadSpoilt([](Result& result) { result.blob.cbSize = 0xffffffff; }));
  CHECK(!ReadSpoilt([](Result& result) { result.blob.pBlobData = nullptr; }));
  CHECK(!ReadSpoilt([](Result& result) { result.addresses[0].RemoteAddr.iSockaddrLength = -1; }));
  CHECK(!ReadSpoilt([](Result& result) { result.addresses[0].LocalAddr.iSockaddrLength = 4096; }));
  CHECK(!ReadSpoilt([](Result& result) {
    result.addresses[1].RemoteAddr = {reinterpret_cast<sockaddr*>(8), 16};
  }));
}

TEST(TextMustEndInside) {
  // The comment is what comes last.
  CHECK(!ReadSpoilt([](Result& result) { result.comment[3] = L'x'; }));
  // At an odd place: read, and ended by the buffer's end.
  CHECK(!ReadSpoilt([](Result& result) {
    result.comment[3] = L'x';
    result.query.lpszComment =
        reinterpret_cast<wchar_t*>(reinterpret_cast<uint8_t*>(result.comment) + 1);
  }));
}

TEST(WhatIsAskedSaysWhatWasGiven) {
  nsp::ClientSet set;
  set.name = L"printer";
  set.version = 3;
  set.blob = std::vector<uint8_t>{1, 2, 3};
  set.service_class = GUID{0x90050, 0, 0, {}};
  set.name_space = 1001;
  set.addresses.push_back({SOCK_STREAM, IPPROTO_TCP, {}, std::vector<uint8_t>(16)});
  nsp::QuerySetMemory memory(set);
  const WSAQUERYSETW& query = *memory.get();
  CHECK_EQUAL(query.dwSize, sizeof query);
  CHECK(std::wstring(query.lpszServiceInstanceName) == L"printer");
  CHECK(query.lpszComment == nullptr && query.lpNSProviderId == nullptr);
  CHECK_EQUAL(query.lpVersion->dwVersion, 3);
  CHECK_EQUAL(query.lpVersion->ecHow, COMP_EQUAL);
  CHECK_EQUAL(query.lpBlob->cbSize, 3);
  CHECK_EQUAL(query.lpServiceClassId->Data1, 0x90050);
  CHECK_EQUAL(query.dwNumberOfCsAddrs, 1);
  CHECK(query.lpcsaBuffer->LocalAddr.lpSockaddr == nullptr);
  CHECK_EQUAL(query.lpcsaBuffer->RemoteAddr.iSockaddrLength, 16);
}

TEST(ClassesAreReadWithinTheirBuffer) {
  struct Info {
    WSASERVICECLASSINFOW head;
    GUID id;
    WSANSCLASSINFOW property;
    wchar_t name[4];
    wchar_t key[8];
    uint32_t value;
  };
  const auto read = [](const auto& change) {
    Guarded memory(sizeof(Info));
    auto* info = reinterpret_cast<Info*>(memory.data());
    std::memset(info, 0, sizeof *info);
    info->head = {&info->id, info->name, 1, &info->property};
    info->id.Data1 = 5;
    std::memcpy(info->name, L"web", sizeof info->name);
    std::memcpy(info->key, L"TcpPort", sizeof info->key);
    info->property = {info->key, NS_DNS, REG_DWORD, sizeof info->value, &info->value};
    info->value = 80;
    change(*info);
    nsp::ClientClass found;
    if (!nsp::ReadClass(memory.data(), memory.size(), &found)) return nsp::ClientClass();
    return found;
  };
  const nsp::ClientClass whole = read([](Info&) {});
  CHECK_EQUAL(whole.id.Data1, 5);
  CHECK(whole.name == L"web");
  CHECK_EQUAL(whole.properties.size(), 1);
  CHECK(whole.properties[0].name == L"TcpPort");
  CHECK_EQUAL(whole.properties[0].type, REG_DWORD);
  CHECK_EQUAL(whole.properties[0].value[0], 80);
  const auto refused = [&](const auto& change) { return read(change).id.Data1 == 0; };
  CHECK(refused([](Info& info) { info.head.lpServiceClassId = nullptr; }));
  CHECK(refused([](Info& info) { info.head.lpszServiceClassName = reinterpret_cast<LPWSTR>(8); }));
  CHECK(refused([](Info& info) { info.head.dwCount = 2000; }));
  CHECK(refused([](Info& info) { info.property.dwValueSize = 64; }));
  CHECK(refused([](Info& info) { info.property.lpValue = &info + 1; }));
  CHECK(refused([](Info& info) { info.property.lpszName = reinterpret_cast<LPWSTR>(&info + 1); }));
}
