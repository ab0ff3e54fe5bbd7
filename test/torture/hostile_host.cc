// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A host that has the account's rights and answers nonsense. control= is the provider's control
// file; it ends by itself after count= frames.
#include <cstring>
#include <memory>

#include "control_writer.h"
#include "hostile.h"
#include "program.h"

namespace torture {
namespace {

constexpr DWORD kDeadlineMs = 300;
constexpr int kThreads = 24;

struct Siege {
  std::wstring pipe;
  SECURITY_DESCRIPTOR security = {};
  uint32_t seed = 1;
  uint32_t count = 0;
  volatile LONG frames = 0;
  volatile LONG damaged = 0;
  volatile LONG unanswered = 0;
  volatile LONG asked = 0;
  volatile LONG connections = 0;
  HANDLE over = CreateEventW(nullptr, TRUE, FALSE, nullptr);
};

nsp::ControlFile* MapControl(const std::wstring& path) {
  const HANDLE file = CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                  OPEN_EXISTING, 0, nullptr);
  const HANDLE section =
      CreateFileMappingW(file, nullptr, PAGE_READWRITE, 0, nsp::kControlBytes, nullptr);
  return static_cast<nsp::ControlFile*>(MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0));
}

// The last host's filter, with our pipe and everything asked of the host.
void Announce(nsp::ControlFile* control, const std::wstring& pipe, nsp::ControlFilter* filter) {
  ++filter->epoch;
  filter->host_flags = nsp::kHostRegisters | nsp::kHostStoresClasses;
  filter->host_pid = GetCurrentProcessId();
  filter->lookup_deadline_ms = filter->ioctl_deadline_ms = kDeadlineMs;
  filter->register_deadline_ms = kDeadlineMs;
  filter->breaker_failures = 0;
  filter->js_thread_count = 0;
  filter->wire_min = filter->wire_max = nsp::kWireVersion;
  std::memset(filter->pipe_name, 0, sizeof filter->pipe_name);
  std::memcpy(filter->pipe_name, pipe.c_str(), pipe.size() * 2);
  nsp::WriteControlFilter(control, *filter);
}

std::unique_ptr<uint8_t[]> OwnUser() {
  HANDLE token = nullptr;
  DWORD need = 0;
  OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
  GetTokenInformation(token, TokenUser, nullptr, 0, &need);
  auto user = std::make_unique<uint8_t[]>(need);
  GetTokenInformation(token, TokenUser, user.get(), need, &need);
  CloseHandle(token);
  return user;
}

bool Write(Siege* siege, HANDLE pipe, const uint8_t* bytes, size_t count) {
  DWORD written = 0;
  if (InterlockedIncrement(&siege->frames) >= static_cast<LONG>(siege->count)) {
    SetEvent(siege->over);
  }
  return WriteFile(pipe, bytes, static_cast<DWORD>(count), &written, nullptr);
}

bool Write(Siege* siege, HANDLE pipe, const Frame& frame) {
  return Write(siege, pipe, frame.data(), frame.size());
}

// In two messages.
bool WritePieces(Siege* siege, HANDLE pipe, Dice* dice, const Frame& frame) {
  const uint32_t half = dice->Below(static_cast<uint32_t>(frame.size()));
  return Write(siege, pipe, frame.data(), half) &&
         Write(siege, pipe, frame.data() + half, frame.size() - half);
}

bool WriteDamaged(Siege* siege, HANDLE pipe, Dice* dice, Frame frame) {
  Damage(dice, &frame);
  InterlockedIncrement(&siege->damaged);
  return Write(siege, pipe, frame);
}

// What comes before the answer: nothing that a sound DLL would lose it by.
bool WriteStrays(Siege* siege, HANDLE pipe, Dice* dice, nsp::FrameHeader asked) {
  for (uint32_t i = dice->Below(6); i > 0; --i) {
    nsp::FrameHeader other = asked;
    other.call = dice->OneIn(3) ? dice->Odd() : asked.call + 1 + dice->Below(4);
    if (!Write(siege, pipe, dice->OneIn(3) ? AnyChange(dice) : AnyAnswer(dice, other)))
      return false;
  }
  return true;
}

// False: the connection is over.
bool Answer(Siege* siege, HANDLE pipe, Dice* dice, const nsp::FrameHeader& asked) {
  InterlockedIncrement(&siege->asked);
  if (!WriteStrays(siege, pipe, dice, asked)) return false;
  const Frame answer = AnyAnswer(dice, asked);
  switch (dice->Below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return WriteDamaged(siege, pipe, dice, answer);
    case 5:
      return Write(siege, pipe, answer) && Write(siege, pipe, answer);
    case 6:
      return WritePieces(siege, pipe, dice, answer);
    case 7:
      if (!dice->OneIn(8)) return Write(siege, pipe, answer);
      InterlockedIncrement(&siege->unanswered);
      return true;
    case 8:
      return !dice->OneIn(2) && Write(siege, pipe, answer);
    case 9:
      return WriteDamaged(siege, pipe, dice, AnyChange(dice));
    default:
      return Write(siege, pipe, answer);
  }
}

bool IsCall(uint16_t kind) {
  return kind >= nsp::kFrameNext && kind != nsp::kFrameSubscribe && kind != nsp::kFrameEnd &&
         kind != nsp::kFrameCancel;
}

void ServeOne(Siege* siege, HANDLE pipe, Dice* dice) {
  std::vector<uint8_t> frame(nsp::kMaxFrameBytes);
  nsp::FrameHeader header;
  DWORD got = 0;
  while (ReadFile(pipe, frame.data(), static_cast<DWORD>(frame.size()), &got, nullptr)) {
    if (got < sizeof header) return;
    std::memcpy(&header, frame.data(), sizeof header);
    if (IsCall(header.kind) && !Answer(siege, pipe, dice, header)) return;
    if (header.kind == nsp::kFrameSubscribe && dice->OneIn(2) &&
        !WriteDamaged(siege, pipe, dice, AnyChange(dice))) {
      return;
    }
  }
}

DWORD WINAPI Serve(void* context) {
  auto* const siege = static_cast<Siege*>(context);
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, &siege->security, FALSE};
  for (;;) {
    const HANDLE pipe = CreateNamedPipeW(siege->pipe.c_str(), PIPE_ACCESS_DUPLEX,
                                         PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
                                         PIPE_UNLIMITED_INSTANCES, 65536, 65536, 0, &attributes);
    if (pipe == INVALID_HANDLE_VALUE) return 1;
    if (ConnectNamedPipe(pipe, nullptr) || GetLastError() == ERROR_PIPE_CONNECTED) {
      Dice dice(siege->seed * 1000003u +
                static_cast<uint32_t>(InterlockedIncrement(&siege->connections)));
      ServeOne(siege, pipe, &dice);
      if (!dice.OneIn(3)) DisconnectNamedPipe(pipe);
    }
    CloseHandle(pipe);
  }
}

// A whole filter that says nonsense about its own size.
void WriteNonsense(nsp::ControlFile* control, nsp::ControlFilter filter, Dice* dice) {
  uint32_t* const counts[] = {&filter.entry_count, &filter.pattern_count,   &filter.block_count,
                              &filter.class_count, &filter.code_count,      &filter.pool_chars,
                              &filter.host_pid,    &filter.js_thread_count, &filter.epoch};
  *counts[dice->Below(std::size(counts))] = dice->Odd();
  if (dice->OneIn(2)) {
    // None of them leads into the pool, and there are more than there is room for.
    filter.pattern_count = 0x7fffffff;
    for (nsp::ControlPattern& pattern : filter.patterns)
      pattern = {nsp::kPatternExact, 0xffff, static_cast<uint16_t>(dice->Odd()), 0xffff};
  }
  nsp::WriteControlFilter(control, filter);
}

// Random bytes over the filter for a moment, then the filter again.
void Scribble(nsp::ControlFile* control, const nsp::ControlFilter& filter, Dice* dice) {
  auto* const bytes = reinterpret_cast<volatile uint8_t*>(control);
  const uint32_t from = offsetof(nsp::ControlFile, sequence) +
                        dice->Below(sizeof(nsp::ControlFile) - sizeof(nsp::ControlFilter) / 2);
  const uint32_t length = 1 + dice->Below(dice->OneIn(2) ? 8 : 2048);
  for (uint32_t i = from; i < from + length && i < nsp::kControlBytes; ++i)
    bytes[i] = static_cast<uint8_t>(dice->Word());
  if (dice->OneIn(2)) WriteNonsense(control, filter, dice);
  Sleep(2 + dice->Below(10));
  nsp::WriteControlFilter(control, filter);
}

}  // namespace

int RunHostileHost(const Arguments& arguments) {
  static Siege siege;
  nsp::ControlFile* const control = MapControl(arguments.Text(L"control"));
  if (control == nullptr) return Result(false, "no control file");
  const auto filter = std::make_unique<nsp::ControlFilter>();
  if (!nsp::ReadControlFilter(*control, 1000, filter.get())) return Result(false, "no filter");
  siege.pipe = L"\\\\.\\pipe\\winsock-nsp-hostile-" + std::to_wstring(GetCurrentProcessId());
  siege.seed = arguments.Number(L"seed", 1);
  siege.count = arguments.Number(L"count", 1000);
  const auto user = OwnUser();
  InitializeSecurityDescriptor(&siege.security, SECURITY_DESCRIPTOR_REVISION);
  SetSecurityDescriptorOwner(&siege.security,
                             reinterpret_cast<const TOKEN_USER*>(user.get())->User.Sid, FALSE);
  SetSecurityDescriptorDacl(&siege.security, TRUE, nullptr, FALSE);
  for (int i = 0; i < kThreads; ++i)
    CloseHandle(CreateThread(nullptr, 0, Serve, &siege, 0, nullptr));
  Sleep(50);  // the pipe is there
  Announce(control, siege.pipe, filter.get());
  Say("{\"ready\":true}");
  Dice dice(siege.seed);
  const HANDLE ends[] = {siege.over, StopEvent()};
  while (WaitForMultipleObjects(2, ends, FALSE, 60) == WAIT_TIMEOUT) {
    if (arguments.Number(L"scribble", 0) != 0) Scribble(control, *filter, &dice);
  }
  const auto field = [](const char* name, LONG value) {
    return ",\"" + std::string(name) + "\":" + std::to_string(value);
  };
  Say("{\"ok\":true" + field("frames", siege.frames) + field("damaged", siege.damaged) +
      field("unanswered", siege.unanswered) + field("asked", siege.asked) +
      field("connections", siege.connections) + "}");
  // Its threads may be anywhere, in the heap, too: nothing of this process is to run any more.
  TerminateProcess(GetCurrentProcess(), 0);
  return 0;
}

}  // namespace torture
