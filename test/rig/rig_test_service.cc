// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// WSASetService: whom a registration goes to, what a provider gets, and whose answer counts.
#include <cstring>

#include "rig_test.h"

namespace rig_test {
namespace {

WSAQUERYSETW Service(DWORD name_space, const GUID* id = nullptr) {
  WSAQUERYSETW set{};
  set.dwSize = sizeof set;
  set.dwNameSpace = name_space;
  set.lpNSProviderId = const_cast<GUID*>(id);
  set.lpszServiceInstanceName = const_cast<wchar_t*>(L"printer.probe");
  return set;
}

int Register(WSAQUERYSETW set) {
  return WSASetServiceW(&set, RNRSERVICE_REGISTER, 0);
}

// Numbers of the probes that were asked to set a service, in order.
std::string Asked() {
  std::string order;
  for (const std::string& call : ProbeCalls()) {
    if (call.find("NSPSetService ") == 0) order += call[strlen("NSPSetService ")];
  }
  return order;
}

void OneProvider() {
  Installed one(Probe(1, kStores));
  Installed two(Probe(2, kStores));
  Session session;
  const GUID second = Probe(2, kStores);
  ExpectEqual(Register(Service(kProbeSpace, &second)), 0, "registering");
  Expect(Asked() == "2", "only the one named");
  // The namespace is ignored then.
  ExpectEqual(Register(Service(54321, &second)), 0, "another namespace");
}

void UnknownProvider() {
  Session session;
  const GUID unknown = Probe(99);
  ExpectError(Register(Service(kProbeSpace, &unknown)), WSAEINVAL, "unknown GUID");
}

void ByNamespace() {
  Installed one(Probe(1, kStores));
  Installed two(Probe(2, kStores));
  Installed elsewhere(Probe(3, kStores), 2004, Beside(L"probe.dll"));
  Session session;
  ExpectEqual(Register(Service(kProbeSpace)), 0, "one namespace");
  Expect(Asked() == "12", "its two, in catalog order");
  ExpectEqual(Register(Service(NS_ALL)), 0, "NS_ALL");
  Expect(Asked() == "123", "all of them");
  ExpectError(Register(Service(54321)), WSASERVICE_NOT_FOUND, "a namespace without a provider");
}

void Aggregate() {
  Installed no(Probe(2, kDenies));
  Installed neither(Probe(3));
  {
    Session session;
    ExpectError(Register(Service(kProbeSpace)), WSAEOPNOTSUPP, "the last one's error");
    Expect(Asked() == "23", "both were asked");
  }
  Installed yes(Probe(4, kStores));
  Installed last(Probe(5, kDenies));
  Session session;
  ExpectEqual(Register(Service(kProbeSpace)), 0, "one success is enough");
  Expect(Asked() == "2345", "all were asked");
}

void Disabled() {
  Installed off(Probe(1, kStores));
  Installed on(Probe(2, kStores));
  GUID first = Probe(1, kStores);
  WSCEnableNSProvider(&first, FALSE);
  Session session;
  ExpectEqual(Register(Service(kProbeSpace)), 0, "registering");
  Expect(Asked() == "2", "not the disabled one");
}

void FailedStarts() {
  Installed broken(Probe(1, static_cast<Behaviour>(kStartFails | kStores)));
  Installed missing(Probe(2, kStores), kProbeSpace, L"C:\\nowhere\\probe.dll");
  Session session;
  ExpectError(Register(Service(kProbeSpace)), WSASERVICE_NOT_FOUND, "nobody is left");
  Installed good(Probe(3, kStores));
  ExpectEqual(Register(Service(kProbeSpace)), 0, "the others are asked");
  Expect(Asked() == "3", "and they alone");
}

bool Contains(const std::vector<std::string>& calls, const std::string& line) {
  for (const std::string& call : calls) {
    if (call == line) return true;
  }
  return false;
}

void Passed() {
  Installed one(Probe(1, kStores));
  Session session;
  GUID class_id = Probe(77);
  WSAQUERYSETW set = Service(kProbeSpace);
  set.lpServiceClassId = &class_id;
  ProbeCalls();
  ExpectEqual(WSASetServiceW(&set, RNRSERVICE_DEREGISTER, SERVICE_MULTIPLE), 0, "deregistering");
  std::vector<std::string> calls = ProbeCalls();
  Expect(Contains(calls, "NSPSetService 1 1"), "operation");
  Expect(Contains(calls, "control-flags 1 1"), "flags");
  const auto address = static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(&set));
  Expect(Contains(calls, "structure 1 " + std::to_string(address)), "the client's own structure");
  Expect(Contains(calls, "class 1 id"), "the class id as class information");
  set.dwSize = 3;
  set.lpServiceClassId = nullptr;
  WSASetServiceW(&set, static_cast<WSAESETSERVICEOP>(3), 0);
  calls = ProbeCalls();
  Expect(Contains(calls, "NSPSetService 1 3"), "an unknown operation is the provider's business");
  Expect(Contains(calls, "size 1 3"), "so is the size");
  Expect(Contains(calls, "class 1 none"), "no class, no class information");
}

void Ansi() {
  Installed one(Probe(1, kStores));
  Session session;
  char name[] = "ansi.probe";
  WSAQUERYSETA set{};
  set.dwSize = sizeof set;
  set.dwNameSpace = kProbeSpace;
  set.lpszServiceInstanceName = name;
  ProbeCalls();
  ExpectEqual(WSASetServiceA(&set, RNRSERVICE_DELETE, 0), 0, "deleting");
  std::vector<std::string> calls = ProbeCalls();
  Expect(Contains(calls, "NSPSetService 1 2"), "operation");
  Expect(Contains(calls, "instance 1 ansi.probe"), "name");
  Expect(Contains(calls, "size 1 " + std::to_string(sizeof(WSAQUERYSETW))), "size");
}

void NullStructure() {
  Session session;
  ExpectError(WSASetServiceW(nullptr, RNRSERVICE_REGISTER, 0), WSAEFAULT, "Unicode");
  ExpectError(WSASetServiceA(nullptr, RNRSERVICE_REGISTER, 0), WSAEFAULT, "ANSI");
}

}  // namespace

void ServiceCases() {
  Run("SET-12 one provider named", OneProvider);
  Run("registration with an unknown provider", UnknownProvider);
  Run("registration by namespace", ByNamespace);
  Run("registration with several answers", Aggregate);
  Run("INST-06 registration without disabled ones", Disabled);
  Run("DISP-06 registration without those that failed to start", FailedStarts);
  Run("what a registration passes on", Passed);
  Run("ANSI registration", Ansi);
  Run("registration without a structure", NullStructure);
}

}  // namespace rig_test
