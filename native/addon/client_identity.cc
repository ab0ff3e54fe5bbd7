// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See client_identity.h.
#include "client_identity.h"

#include <vector>

#include "files.h"
#include "system_function.h"
#include "text.h"

namespace nsp {
namespace {

uint64_t ToNumber(const FILETIME& time) {
  return static_cast<uint64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime;
}

// Memory for one answer of GetTokenInformation; empty if there is none.
std::vector<BYTE> TokenPart(HANDLE token, TOKEN_INFORMATION_CLASS part) {
  DWORD bytes = 0;
  GetTokenInformation(token, part, nullptr, 0, &bytes);
  std::vector<BYTE> value(bytes);
  if (bytes == 0 || !GetTokenInformation(token, part, value.data(), bytes, &bytes)) return {};
  return value;
}

template <typename T>
const T* As(const std::vector<BYTE>& value) {
  return value.size() < sizeof(T) ? nullptr : reinterpret_cast<const T*>(value.data());
}

const char* NameIntegrity(PSID label) {
  const DWORD level =
      *GetSidSubAuthority(label, static_cast<DWORD>(*GetSidSubAuthorityCount(label) - 1));
  if (level < SECURITY_MANDATORY_LOW_RID) return "untrusted";
  if (level < SECURITY_MANDATORY_MEDIUM_RID) return "low";
  if (level < SECURITY_MANDATORY_HIGH_RID) return "medium";
  return level < SECURITY_MANDATORY_SYSTEM_RID ? "high" : "system";
}

const char* NameMachine(uint32_t machine) {
  switch (machine) {
    case IMAGE_FILE_MACHINE_I386:
      return "x86";
    case IMAGE_FILE_MACHINE_ARM64:
      return "arm64";
    default:
      return "x64";
  }
}

// The system knows a 32-bit process for certain; which of several 64-bit kinds of code a DLL has,
// only the DLL knows.
const char* FindArchitecture(HANDLE process, uint32_t machine) {
  using IsWow64 = BOOL(WINAPI*)(HANDLE, USHORT*, USHORT*);
  const auto is_wow64 =
      SystemFunction<IsWow64>(GetModuleHandleW(L"kernel32.dll"), "IsWow64Process2");
  USHORT emulated = 0;
  USHORT native = 0;
  if (process == nullptr || is_wow64 == nullptr || !is_wow64(process, &emulated, &native)) {
    return NameMachine(machine);
  }
  if (emulated != IMAGE_FILE_MACHINE_UNKNOWN) return NameMachine(emulated);
  if (native != IMAGE_FILE_MACHINE_ARM64) return NameMachine(native);
  return NameMachine(machine);
}

Status ReadToken(HANDLE token, ClientIdentity* identity) {
  const auto user = TokenPart(token, TokenUser);
  if (As<TOKEN_USER>(user) == nullptr) return Status::Last("GetTokenInformation");
  identity->user_sid = FormatSid(As<TOKEN_USER>(user)->User.Sid);
  const auto label = TokenPart(token, TokenIntegrityLevel);
  // A system that has no labels treats everybody as medium.
  identity->integrity = As<TOKEN_MANDATORY_LABEL>(label) == nullptr
                            ? "medium"
                            : NameIntegrity(As<TOKEN_MANDATORY_LABEL>(label)->Label.Sid);
  const auto elevation = TokenPart(token, TokenElevation);
  identity->elevated = As<TOKEN_ELEVATION>(elevation) != nullptr &&
                       As<TOKEN_ELEVATION>(elevation)->TokenIsElevated != 0;
  const auto container = TokenPart(token, TokenAppContainerSid);
  if (As<TOKEN_APPCONTAINER_INFORMATION>(container) != nullptr) {
    identity->app_container_sid =
        FormatSid(As<TOKEN_APPCONTAINER_INFORMATION>(container)->TokenAppContainer);
  }
  return {};
}

// The token of the thread that opened the pipe.
Status OpenClientToken(HANDLE pipe, UniqueHandle* token) {
  if (!ImpersonateNamedPipeClient(pipe)) return Status::Last("ImpersonateNamedPipeClient");
  Status status;
  if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, token->put())) {
    status = Status::Last("OpenThreadToken");
  }
  if (!RevertToSelf()) {
    // Going on would run this thread as somebody else.
    TerminateProcess(GetCurrentProcess(), ERROR_CANNOT_IMPERSONATE);
  }
  return status;
}

}  // namespace

Status ClientProcess::Open(HANDLE pipe) {
  ULONG id = 0;
  if (!GetNamedPipeClientProcessId(pipe, &id)) return Status::Last("GetNamedPipeClientProcessId");
  id_ = id;
  process_.reset(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, id));
  return {};
}

ClientProcess::Fate ClientProcess::Look(uint64_t when) const {
  if (!process_) return Fate::kAlive;
  FILETIME ended = {};
  FILETIME unused = {};
  DWORD code = STILL_ACTIVE;
  // The exit code is there before the handle is signalled: a process closes its pipes on the way.
  if (!GetExitCodeProcess(process_.get(), &code)) return Fate::kAlive;
  if (code == STILL_ACTIVE && WaitForSingleObject(process_.get(), 0) != WAIT_OBJECT_0) {
    return Fate::kAlive;
  }
  if (!GetProcessTimes(process_.get(), &unused, &ended, &unused, &unused)) {
    return Fate::kEndedBefore;
  }
  return ToNumber(ended) <= when ? Fate::kEndedBefore : Fate::kEndedLater;
}

Status IdentifyClient(HANDLE pipe, const ClientProcess& process, uint32_t machine,
                      ClientIdentity* identity) {
  identity->process_id = process.id();
  identity->image_path = ImagePathOf(process.handle());
  identity->architecture = FindArchitecture(process.handle(), machine);
  DWORD session = 0;
  if (ProcessIdToSessionId(process.id(), &session)) identity->session_id = session;
  UniqueHandle token;
  const Status opened = OpenClientToken(pipe, &token);
  // A client may forbid even to be identified; its process cannot.
  if (!opened.ok() && (process.handle() == nullptr ||
                       !OpenProcessToken(process.handle(), TOKEN_QUERY, token.put()))) {
    return opened;
  }
  return ReadToken(token.get(), identity);
}

uint64_t SystemTimeNow() {
  FILETIME now = {};
  GetSystemTimePreciseAsFileTime(&now);
  return ToNumber(now);
}

}  // namespace nsp
