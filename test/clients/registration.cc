// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The verb setservice, in both modes: NSPSetService, or WSASetService in its two forms.
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

}  // namespace

void AddRegistrationVerbs() {
  AddVerb("setservice", SetService);
}

}  // namespace client
