// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The verb setservice, in both modes: NSPSetService, or WSASetService in its two forms.
#include <atomic>
#include <set>

#include "objects.h"
#include "query.h"

namespace client {
namespace {

// setservice op=0|1|2 flags= guid= and the query's keys (query.h); info=@unmapped|@readonly is the
// class information that only table mode can give.
void SetService(Step& step) {
  const Command& command = step.command;
  const std::shared_ptr<Table> table = TableFor(command);
  const bool ansi = command.Flag("ansi");
  Query query(command, ansi);
  ProviderId provider(command, table.get());
  const auto operation = static_cast<WSAESETSERVICEOP>(command.Number("op", 0));
  const auto flags = static_cast<DWORD>(command.Number("flags", 0));
  auto* const info = static_cast<WSASERVICECLASSINFOW*>(PointerFor(command, "info", nullptr));
  auto* const wide = static_cast<WSAQUERYSETW*>(query.get());
  auto* const narrow = static_cast<WSAQUERYSETA*>(query.get());
  if (table) {
    step.Call("NSPSetService", [&] {
      return table->routine()->NSPSetService(provider.pointer, info, wide, operation, flags);
    });
  } else if (ansi) {
    step.Call("WSASetServiceA", [&] { return WSASetServiceA(narrow, operation, flags); });
  } else {
    step.Call("WSASetServiceW", [&] { return WSASetServiceW(wide, operation, flags); });
  }
  step.data.Set("queryUnchanged", query.Unchanged());
  query.Discard();
}

// Turns numbers and pointers of a service from good to bad and back for as long as it lives.
class Churn {
 public:
  explicit Churn(WSAQUERYSETW* set) : set_(set), address_(set->lpcsaBuffer) {
    worker_.Post([this] { Run(); });
  }
  ~Churn() {
    stop_ = true;
    worker_.Finish();
  }
  Churn(const Churn&) = delete;
  Churn& operator=(const Churn&) = delete;

 private:
  template <class T>
  static void Put(T& field, T value) {
    *static_cast<volatile T*>(&field) = value;
  }

  void Run() {
    const auto good = *set_;
    const CSADDR_INFO info = *address_;
    // One at a time, so that whatever is looked at first is mostly good.
    while (!stop_) {
      Put(address_->RemoteAddr.iSockaddrLength, INT{0x7fffffff});
      Put(address_->RemoteAddr.iSockaddrLength, info.RemoteAddr.iSockaddrLength);
      Put(set_->dwNumberOfCsAddrs, DWORD{4000});
      Put(set_->dwNumberOfCsAddrs, good.dwNumberOfCsAddrs);
      Put(set_->lpszServiceInstanceName, static_cast<LPWSTR>(UnmappedAddress()));
      Put(set_->lpszServiceInstanceName, good.lpszServiceInstanceName);
    }
  }

  WSAQUERYSETW* set_;
  CSADDR_INFO* address_;
  std::atomic<bool> stop_ = false;
  Worker worker_;
};

// churnservice op= rounds= and the query's keys, an address among them: as setservice in table
// mode, while another thread changes the service. Prints every code that came.
void ChurnService(Step& step) {
  const Command& command = step.command;
  const std::shared_ptr<Table> table = TableFor(command);
  Query query(command, false);
  ProviderId provider(command, table.get());
  const auto operation = static_cast<WSAESETSERVICEOP>(command.Number("op", 0));
  auto* const set = static_cast<WSAQUERYSETW*>(query.get());
  std::set<DWORD> codes;
  {
    const Churn churn(set);
    for (uint64_t left = command.Number("rounds"); left > 0; --left) {
      step.Call("NSPSetService", [&] {
        return table->routine()->NSPSetService(provider.pointer, nullptr, set, operation, 0);
      });
      codes.insert(step.ret == 0 ? 0 : step.err);
    }
  }
  JsonArray list;
  for (const DWORD code : codes)
    list.Add(std::to_string(code));
  step.data.Raw("codes", list.Array());
  query.Discard();
}

}  // namespace

void AddRegistrationVerbs() {
  AddVerb("setservice", SetService);
  AddVerb("churnservice", ChurnService);
}

}  // namespace client
