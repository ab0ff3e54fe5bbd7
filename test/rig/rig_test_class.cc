// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Service classes through the rig: who is told and asked, and how classes and names come back.
#include <cstring>

#include "rig_test.h"

namespace rig_test {
namespace {

const GUID kClass = Probe(77);

std::string Asked(const char* function) {
  const std::string start = std::string(function) + ' ';
  std::string order;
  for (const std::string& call : ProbeCalls()) {
    if (call.compare(0, start.size(), start) == 0) order += call[start.size()];
  }
  return order;
}

WSASERVICECLASSINFOW Class(GUID* id) {
  WSASERVICECLASSINFOW info{};
  info.lpServiceClassId = id;
  info.lpszServiceClassName = const_cast<wchar_t*>(L"printer");
  return info;
}

void InstallAndRemove() {
  Installed none(Probe(1));
  Installed one(Probe(2, kStores));
  Installed two(Probe(3, kStores));
  Session session;
  GUID id = kClass;
  WSASERVICECLASSINFOW info = Class(&id);
  ExpectEqual(WSAInstallServiceClassW(&info), 0, "installing");
  const std::vector<std::string> calls = ProbeCalls();
  ExpectEqual(static_cast<long long>(CountCalls(calls, "NSPInstallServiceClass ")), 3, "all asked");
  const auto address = static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(&info));
  ExpectEqual(
      static_cast<long long>(CountCalls(calls, ("structure 2 " + std::to_string(address)).c_str())),
      1, "the client's own structure");
  ExpectEqual(WSARemoveServiceClass(&id), 0, "removing");
  Expect(Asked("NSPRemoveServiceClass") == "123", "all asked again");
}

void Refusals() {
  GUID id = kClass;
  WSASERVICECLASSINFOW info = Class(&id);
  {
    Session session;
    ExpectError(WSAInstallServiceClassW(&info), WSAEOPNOTSUPP, "nobody stores classes");
    ExpectError(WSARemoveServiceClass(&id), WSAEOPNOTSUPP, "nobody stores classes");
  }
  Installed denies(Probe(1, kDenies));
  Installed none(Probe(2));
  {
    Session session;
    ExpectError(WSAInstallServiceClassW(&info), WSAEALREADY, "the refusal of one that does");
    ExpectError(WSARemoveServiceClass(&id), WSATYPE_NOT_FOUND, "the refusal of one that does");
  }
  Installed stores(Probe(3, kStores));
  Session session;
  ExpectEqual(WSAInstallServiceClassW(&info), 0, "one success is enough");
  ExpectEqual(WSARemoveServiceClass(&id), 0, "one success is enough");
  ExpectError(WSAInstallServiceClassW(nullptr), WSAEINVAL, "NULL class");
  ExpectError(WSAInstallServiceClassA(nullptr), WSAEINVAL, "NULL class, ANSI");
  ExpectError(WSARemoveServiceClass(nullptr), WSAEINVAL, "NULL id");
}

void InstallAnsi() {
  Installed one(Probe(1, kStores));
  Session session;
  GUID id = kClass;
  char property_name[] = "Port";
  DWORD port = 7;
  WSANSCLASSINFOA properties[2]{};
  properties[0].lpszName = property_name;
  properties[0].dwValueType = REG_DWORD;
  properties[0].dwValueSize = sizeof port;
  properties[0].lpValue = &port;
  char name[] = "ansi-class";
  WSASERVICECLASSINFOA info{};
  info.lpServiceClassId = &id;
  info.lpszServiceClassName = name;
  info.dwCount = 2;
  info.lpClassInfos = properties;
  ProbeCalls();
  ExpectEqual(WSAInstallServiceClassA(&info), 0, "installing");
  const std::vector<std::string> calls = ProbeCalls();
  for (const char* line : {"NSPInstallServiceClass 1 2", "class-name 1 ansi-class",
                           "property 1 Port", "value-size 1 4", "value-size 1 0"}) {
    ExpectEqual(static_cast<long long>(CountCalls(calls, line)), 1, line);
  }
  info.dwCount = 0xffffffff;
  ExpectError(WSAInstallServiceClassA(&info), WSAEINVAL, "a count that cannot be");
}

void GetInfo() {
  Installed one(Probe(1, kStores));
  Installed two(Probe(2, kStores));
  Session session;
  GUID id = kClass;
  GUID second = Probe(2, kStores);
  std::vector<BYTE> buffer(1024, 0xcc);
  auto* const info = reinterpret_cast<WSASERVICECLASSINFOW*>(buffer.data());
  DWORD size = 4;
  ProbeCalls();
  ExpectError(WSAGetServiceClassInfoW(&second, &id, &size, info), WSAEFAULT, "4 bytes");
  Expect(Asked("NSPGetServiceClassInfo") == "2", "only the one named");
  Expect(size > sizeof *info && size < buffer.size(), "a size is told");
  Expect(buffer[4] == 0xcc && buffer[0] == 0xcc, "the buffer is left alone");
  DWORD less = size - 1;
  ExpectError(WSAGetServiceClassInfoW(&second, &id, &less, info), WSAEFAULT, "one byte less");
  ExpectEqual(less, size, "the same size");
  // The id may lie where the answer goes.
  memcpy(buffer.data(), &id, sizeof id);
  ExpectEqual(WSAGetServiceClassInfoW(&second, reinterpret_cast<GUID*>(buffer.data()), &size, info),
              0, "the told size suffices");
  Expect(IsEqualGUID(*info->lpServiceClassId, kClass), "id");
  Expect(reinterpret_cast<BYTE*>(info->lpServiceClassId) > buffer.data() &&
             reinterpret_cast<BYTE*>(info->lpServiceClassId) < buffer.data() + size,
         "id inside the buffer");
  Expect(wcscmp(info->lpszServiceClassName, L"probe-class-2") == 0, "name");
}

void GetInfoErrors() {
  Installed one(Probe(1, kStores));
  Installed denies(Probe(2, kDenies));
  Session session;
  GUID id = kClass;
  GUID first = Probe(1, kStores);
  GUID second = Probe(2, kDenies);
  GUID unknown = Probe(99);
  WSASERVICECLASSINFOW info{};
  DWORD size = sizeof info;
  ExpectError(WSAGetServiceClassInfoW(nullptr, &id, &size, &info), WSAEINVAL, "no provider");
  ExpectError(WSAGetServiceClassInfoW(&first, nullptr, &size, &info), WSAEINVAL, "no class");
  ExpectError(WSAGetServiceClassInfoW(&first, &id, nullptr, &info), WSAEINVAL, "no size");
  ExpectError(WSAGetServiceClassInfoW(&first, &id, &size, nullptr), WSAEINVAL, "no buffer");
  ExpectError(WSAGetServiceClassInfoW(&unknown, &id, &size, &info), WSAEINVAL, "unknown provider");
  ExpectError(WSAGetServiceClassInfoW(&second, &id, &size, &info), WSATYPE_NOT_FOUND,
              "the provider's own error");
}

void GetInfoAnsi() {
  Installed one(Probe(1, kStores));
  Session session;
  GUID id = kClass;
  GUID provider = Probe(1, kStores);
  std::vector<BYTE> buffer(8);
  DWORD size = 8;
  auto* info = reinterpret_cast<WSASERVICECLASSINFOA*>(buffer.data());
  ExpectError(WSAGetServiceClassInfoA(&provider, &id, &size, info), WSAEFAULT, "8 bytes");
  Expect(size > sizeof *info && size < 1024, "a size is told");
  buffer.resize(size);
  info = reinterpret_cast<WSASERVICECLASSINFOA*>(buffer.data());
  ExpectEqual(WSAGetServiceClassInfoA(&provider, &id, &size, info), 0, "the told size suffices");
  Expect(strcmp(info->lpszServiceClassName, "probe-class-1") == 0, "name");
  Expect(IsEqualGUID(*info->lpServiceClassId, kClass), "id");
  ExpectEqual(info->dwCount, 1, "properties");
  const WSANSCLASSINFOA& property = info->lpClassInfos[0];
  Expect(strcmp(property.lpszName, "Port") == 0, "name of the property");
  ExpectEqual(property.dwNameSpace, kProbeSpace, "its namespace");
  ExpectEqual(property.dwValueType, REG_DWORD, "its type");
  ExpectEqual(property.dwValueSize, sizeof(DWORD), "its size");
  DWORD value = 0;
  memcpy(&value, property.lpValue, sizeof value);
  ExpectEqual(value, 4711, "its value");
  const BYTE* const inside = static_cast<const BYTE*>(property.lpValue);
  Expect(inside > buffer.data() && inside < buffer.data() + buffer.size(), "inside the buffer");
}

void Name() {
  Installed none(Probe(1));
  Installed denies(Probe(2, kDenies));
  Installed stores(Probe(3, kStores));
  Installed later(Probe(4, kStores));
  Session session;
  GUID id = kClass;
  wchar_t name[14];
  DWORD length = 13;
  ProbeCalls();
  ExpectError(WSAGetServiceClassNameByClassIdW(&id, name, &length), WSAEFAULT, "short by one");
  ExpectEqual(length, 14, "length in characters");
  Expect(Asked("NSPGetServiceClassInfo") == "123", "in order, until one knows it");
  length = 14;
  ExpectEqual(WSAGetServiceClassNameByClassIdW(&id, name, &length), 0, "the told length suffices");
  Expect(wcscmp(name, L"probe-class-3") == 0, "the name");
  char ansi[14];
  length = 0;
  ExpectError(WSAGetServiceClassNameByClassIdA(&id, nullptr, &length), WSAEFAULT, "ANSI");
  ExpectEqual(length, 14, "length, ANSI");
  ExpectEqual(WSAGetServiceClassNameByClassIdA(&id, ansi, &length), 0, "ANSI");
  Expect(strcmp(ansi, "probe-class-3") == 0, "the name, ANSI");
}

void NameErrors() {
  GUID id = kClass;
  wchar_t name[32];
  DWORD length = 32;
  {
    Session session;
    ExpectError(WSAGetServiceClassNameByClassIdW(&id, name, &length), WSAEOPNOTSUPP,
                "nobody stores classes");
  }
  Installed denies(Probe(1, kDenies));
  Installed none(Probe(2));
  Session session;
  ExpectError(WSAGetServiceClassNameByClassIdW(&id, name, &length), WSATYPE_NOT_FOUND,
              "nobody knows it");
  ExpectError(WSAGetServiceClassNameByClassIdW(nullptr, name, &length), WSA_INVALID_PARAMETER,
              "no id");
  ExpectError(WSAGetServiceClassNameByClassIdW(&id, name, nullptr), WSAEFAULT, "no length");
}

}  // namespace

void ClassCases() {
  Run("classes go to all that store them", InstallAndRemove);
  Run("refused classes", Refusals);
  Run("ANSI class", InstallAnsi);
  Run("class of the provider named", GetInfo);
  Run("class errors", GetInfoErrors);
  Run("ANSI class comes back", GetInfoAnsi);
  Run("CLASS-07 class name", Name);
  Run("class name errors", NameErrors);
}

}  // namespace rig_test
