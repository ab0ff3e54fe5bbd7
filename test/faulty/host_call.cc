// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See host_call.h.
#include "host_call.h"

#include "lookup.h"
#include "switches.h"

namespace faulty {

DWORD HostCall::Open(const GUID& provider) {
  query.entry = EntryIndex(provider);
  if (query.entry < 0) return WSAEINVALIDPROVIDER;
  if (!kEntryTable[query.entry].registers) {
    return Broken(Switch::kStubSucceeds) ? 0 : WSAEOPNOTSUPP;
  }
  control_ = CurrentControl();
  if (!control_ || !control_->Open()) return WSAENETDOWN;
  return control_->HostThread() ? WSAEINPROGRESS : 0;
}

DWORD HostCall::Ask(Op op, const Bytes& more, Bytes* reply) {
  if (!control_) return 0;
  const ControlFile& control = **control_;
  Bytes request = DescribeQuery(op, query, control.ioctl_ms);
  request.insert(request.end(), more.begin(), more.end());
  Bytes whole;
  const Asked asked = faulty::Ask(control, request, control.ioctl_ms, nullptr, &whole);
  if (asked != Asked::kAnswered) return WSAENETDOWN;
  ByteReader reader(whole);
  const DWORD code = reader.Number();
  *reply = reader.Run();
  return reader.ok() ? code : WSAENETDOWN;
}

}  // namespace faulty
