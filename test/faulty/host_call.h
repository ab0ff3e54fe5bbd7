// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One question to the host that belongs to no lookup.
#pragma once

#include "channel.h"
#include "query.h"

namespace faulty {

class HostCall {
 public:
  // Checks who is asked: 10105, 10045, then whether anybody can be asked at all. 0 or the code.
  DWORD Open(const GUID& provider);
  // The code of the answer; what follows it is in `reply`.
  DWORD Ask(Op op, const Bytes& more, Bytes* reply);

  Query query;  // what the host is told besides: entry, name and class

 private:
  Control control_;
};

}  // namespace faulty
