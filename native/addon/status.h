// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What became of an operation: a code and the Windows function that gave it.
#ifndef WINSOCK_NSP_ADDON_STATUS_H_
#define WINSOCK_NSP_ADDON_STATUS_H_

#include "windows_headers.h"

namespace nsp {

struct [[nodiscard]] Status {
  DWORD code = ERROR_SUCCESS;
  const char* operation = "";

  [[nodiscard]] bool ok() const { return code == ERROR_SUCCESS; }

  // The calling thread's last error. Call it right behind the function that failed.
  static Status Last(const char* operation) {
    const DWORD code = GetLastError();
    return {code != ERROR_SUCCESS ? code : ERROR_GEN_FAILURE, operation};
  }

  // The same of a Winsock function, which must have a code of Winsock.
  static Status LastWinsock(const char* operation) {
    const int code = WSAGetLastError();
    return {static_cast<DWORD>(code != 0 ? code : WSASYSCALLFAILURE), operation};
  }
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_STATUS_H_
