// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One WSALookupService query: the providers that accepted it and how far the client has read.
#ifndef RIG_QUERY_H_
#define RIG_QUERY_H_

#include <memory>
#include <vector>

#include "provider.h"
#include "provider_view.h"

namespace rig {

class Query {
 public:
  Query() = default;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Offers the query to each provider in turn. 0 if one accepts, else SOCKET_ERROR with the last
  // refusal as last error. `restrictions` is the same structure for each of them.
  int Begin(const Providers& providers, WSAQUERYSETW* restrictions, DWORD flags);

  // Results and errors of the provider whose turn it is go to the client as they are.
  int Next(DWORD flags, DWORD* length, WSAQUERYSETW* results);

  // Ends the query at each provider, which wakes a Next that waits inside.
  void End();

  int Ioctl(DWORD code, void* in, DWORD in_size, void* out, DWORD out_size, DWORD* returned,
            WSACOMPLETION* completion, WSATHREADID* thread);

  // A Unicode result that was read for an ANSI client whose buffer was too small for it. Empty if
  // there is none; taking it leaves none.
  std::vector<BYTE> TakeAnsiResult();
  void KeepAnsiResult(std::vector<BYTE> result);

 private:
  // One provider's share of the query.
  struct Part {
    std::shared_ptr<Provider> provider;
    HANDLE handle;
  };

  // Decides what the client gets when part `index` has failed with `code` other than 10014.
  // True if the next part is to be asked instead.
  bool MoveOn(size_t index, DWORD* code);

  std::vector<Part> parts_;  // fixed after Begin
  DWORD name_space_ = 0;     // NS_ALL unless the query named a namespace and a provider
  size_t offered_ = 0;
  SRWLOCK lock_ = SRWLOCK_INIT;  // guards what follows; never held inside a provider
  size_t current_ = 0;
  bool delivered_ = false;
  bool reported_ = false;
  bool closing_ = false;
  std::vector<BYTE> ansi_result_;
};

// Client handles. They are numbers that are looked up, never pointers: clients pass junk.
HANDLE AddQuery(std::shared_ptr<Query> query);
std::shared_ptr<Query> FindQuery(HANDLE handle);
std::shared_ptr<Query> RemoveQuery(HANDLE handle);
void ForgetQueries();

}  // namespace rig

#endif  // RIG_QUERY_H_
