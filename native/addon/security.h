// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Who we are, and who may change a file: the judgements that `install` and `serve` rest on.
#ifndef WINSOCK_NSP_ADDON_SECURITY_H_
#define WINSOCK_NSP_ADDON_SECURITY_H_

#include <string>

#include "status.h"
#include "unique_handle.h"

namespace nsp {

// True if this process may change what only administrators may: the group is enabled in its token,
// which it is not in the filtered token of an administrator who is not elevated.
[[nodiscard]] bool IsElevated();

Status CurrentUserSid(std::wstring* sid);

enum class KnownFolder { kProgramFiles, kProgramData };

// From the system, never from the environment.
Status FindKnownFolder(KnownFolder which, std::wstring* path);

// Empty if only administrators, SYSTEM and TrustedInstaller own the object and can change it; else
// what is wrong, with the SID and the right. `also_trusted` may be null.
//
// "Change" means every right but reading and executing: also FILE_WRITE_ATTRIBUTES and
// FILE_WRITE_EA, which nobody else needs. An entry counts although it is inherit-only, because the
// files below the folder matter most; an exception is CREATOR OWNER, which becomes the SID of
// whoever makes a file there, and that is one of the three. Entries that deny are not counted
// against those that allow: a descriptor that needs both is not one that we made.
[[nodiscard]] std::wstring DescriptorFault(PSECURITY_DESCRIPTOR descriptor, PSID also_trusted);

// The same of what lies at `path`, which must not be a link to another place.
Status PathFault(const std::wstring& path, std::wstring* fault);

Status GetPathDescriptor(const std::wstring& path, std::wstring* sddl);
Status SetPathDescriptor(const std::wstring& path, const std::wstring& sddl);

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_SECURITY_H_
