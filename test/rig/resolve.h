// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// How the name functions ask providers: one question, every provider of the namespace in catalog
// order, each read to its end.
#ifndef RIG_RESOLVE_H_
#define RIG_RESOLVE_H_

#include <functional>
#include <memory>
#include <string>

#include "provider_view.h"
#include "query.h"

namespace rig {

struct Question {
  GUID class_id;
  std::wstring name;
  DWORD flags;  // LUP_*
  DWORD name_space;
};

// Lets another thread end a question: what is being asked stops with WSA_E_CANCELLED.
class Interrupt {
 public:
  Interrupt() = default;
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void Raise();
  bool raised();

 private:
  friend class Questioned;
  SRWLOCK lock_ = SRWLOCK_INIT;  // guards what follows
  bool raised_ = false;
  std::shared_ptr<Query> current_;
};

// What became of one result.
enum class Taken { kNothing, kMore, kEnough };
using TakeResult = std::function<Taken(const WSAQUERYSETW&)>;

// 0 if a result was taken, else the most telling of the providers' failures, as NameCode says.
DWORD Ask(const Providers& providers, const Question& question, const TakeResult& take,
          Interrupt* interrupt = nullptr);

// What a provider's error is for a caller of the name functions: one of WSAHOST_NOT_FOUND,
// WSANO_DATA, WSATRY_AGAIN, WSANO_RECOVERY, WSA_NOT_ENOUGH_MEMORY, WSA_E_CANCELLED.
DWORD NameCode(DWORD code);

// Of two codes the one that tells more.
DWORD MoreTelling(DWORD one, DWORD other);

// "4.3.2.1.in-addr.arpa." and its IPv6 form; empty for other families.
std::wstring ReverseName(const SOCKADDR* address, int size);

// The providers to ask. False if none under NS_DNS is among them and Wine's resolver is to answer
// instead: a process whose providers do not load resolves as if there were no catalog.
bool NameProviders(DWORD name_space, Providers* providers);

}  // namespace rig

#endif  // RIG_RESOLVE_H_
