// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Who is at the other end of a pipe, as the system knows it. Nothing here is believed because the
// client says so; its hello is compared with the system's word.
#ifndef WINSOCK_NSP_ADDON_CLIENT_IDENTITY_H_
#define WINSOCK_NSP_ADDON_CLIENT_IDENTITY_H_

#include <cstdint>
#include <string>

#include "status.h"
#include "unique_handle.h"

namespace nsp {

struct ClientIdentity {
  uint32_t process_id = 0;
  uint32_t session_id = 0;
  std::wstring image_path;  // empty if it cannot be read
  const char* architecture = "";
  const char* integrity = "";
  std::wstring user_sid;
  bool elevated = false;
  std::wstring app_container_sid;  // empty if the client is not in one
};

// The process at the other end, held while the connection lives, so that its id is not given to
// another one. It may be closed to us; then it is known by number only.
class ClientProcess {
 public:
  // At connect.
  Status Open(HANDLE pipe);

  [[nodiscard]] uint32_t id() const { return id_; }
  [[nodiscard]] HANDLE handle() const { return process_.get(); }

  // The pipe broke at `when` (100 ns units of the system's clock): what we know about the process.
  enum class Fate { kAlive, kEndedBefore, kEndedLater };
  [[nodiscard]] Fate Look(uint64_t when) const;

 private:
  UniqueHandle process_;
  uint32_t id_ = 0;
};

// Only after something was read from the pipe: Windows lets a server impersonate no earlier.
// `machine` is what the hello says about the DLL (IMAGE_FILE_MACHINE_*): an x64 DLL under emulation
// on ARM64 is known by that alone. The thread's token is the process's own again when this returns.
Status IdentifyClient(HANDLE pipe, const ClientProcess& process, uint32_t machine,
                      ClientIdentity* identity);

// The system's clock in 100 ns units.
[[nodiscard]] uint64_t SystemTimeNow();

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_CLIENT_IDENTITY_H_
