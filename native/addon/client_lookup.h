// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One lookup handle of ws2_32, and that it is ended once.
#ifndef WINSOCK_NSP_ADDON_CLIENT_LOOKUP_H_
#define WINSOCK_NSP_ADDON_CLIENT_LOOKUP_H_

#include <memory>

#include "client_query.h"
#include "status.h"

namespace nsp {

// Any thread may call anything here.
class ClientLookup {
 public:
  // WSALookupServiceBegin. It may block and cannot be cancelled.
  static Status Begin(const ClientSet& query, DWORD flags, std::shared_ptr<ClientLookup>* lookup);

  explicit ClientLookup(HANDLE handle);
  ~ClientLookup();  // EndSoon
  ClientLookup(const ClientLookup&) = delete;
  ClientLookup& operator=(const ClientLookup&) = delete;

  // WSALookupServiceEnd on this thread, unless it was called before. It makes calls that block on
  // the handle return, and completes what pends.
  void End();

  // The same on another thread.
  void EndSoon();

  // After End or EndSoon.
  [[nodiscard]] bool ended() const;

  // Lets one call use the handle. While it lives, no other lookup gets a handle of this value.
  class Use {
   public:
    explicit Use(ClientLookup& lookup);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    // False: the lookup has ended.
    explicit operator bool() const { return entered_; }
    [[nodiscard]] HANDLE handle() const { return lookup_.handle_; }

   private:
    ClientLookup& lookup_;
    const bool entered_;
  };

  // Lookups of this process that were begun and not ended.
  [[nodiscard]] static long open();

 private:
  bool Enter();
  void Leave();
  // True for the one caller who has to end it.
  bool TakeEnd();

  const HANDLE handle_;
  // Guarded by the lock of client_lookup.cc.
  bool ended_ = false;
  int uses_ = 0;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CLIENT_LOOKUP_H_
