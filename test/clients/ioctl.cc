// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// The verb ioctl, in both modes, with a completion of any kind and any argument spoilt.
#include <cstring>

#include "calls.h"

namespace client {
namespace {

constexpr DWORD kUntouched = 0xcdcdcdcd;

struct ApcCall {
  DWORD error;
  DWORD transferred;
  const void* overlapped;
  DWORD flags;
  DWORD thread;
  DWORD last_error;
};

SRWLOCK apc_lock = SRWLOCK_INIT;  // guards apc_calls
std::vector<ApcCall>& ApcCalls() {
  static auto* const calls = new std::vector<ApcCall>;
  return *calls;
}

void CALLBACK RecordApc(DWORD error, DWORD transferred, OVERLAPPED* overlapped, DWORD flags) {
  // Taken first and left as found: ERR-02 looks at it.
  const DWORD last_error = GetLastError();
  {
    Lock lock(apc_lock);
    ApcCalls().push_back({error, transferred, overlapped, flags, GetCurrentThreadId(), last_error});
  }
  SetLastError(last_error);
}

DWORD CompletionType(const std::string& name) {
  static const char* const kNames[] = {"immediate", "hwnd", "event", "port", "apc"};
  for (DWORD i = 0; i < 5; ++i) {
    if (name == kNames[i]) return i;
  }
  return static_cast<DWORD>(ParseNumber(name));
}

OVERLAPPED* OverlappedFor(const Command& command) {
  if (!command.Has("ov")) return nullptr;
  if (command.IsSpecial("ov")) {
    return static_cast<OVERLAPPED*>(PointerFor(command, "ov", nullptr));
  }
  return TheWorld().overlapped.Get(command.Text("ov"))->get();
}

// Writes only what the type defines; everything else stays junk, as on a client's stack.
void FillCompletion(const Command& command, WSACOMPLETION& completion) {
  const DWORD type = CompletionType(command.Text("type"));
  completion.Type = static_cast<WSACOMPLETIONTYPE>(type);
  auto& parameters = completion.Parameters;
  if (type == NSP_NOTIFY_HWND) {
    HWND window = nullptr;
    const std::string name = command.Text("hwnd", "");
    if (name.starts_with("0x")) {
      window = reinterpret_cast<HWND>(static_cast<uintptr_t>(ParseNumber(name)));
    } else if (command.Has("hwnd") && !command.IsSpecial("hwnd")) {
      window = TheWorld().windows.Get(name)->handle;
    }
    parameters.WindowMessage.hWnd = window;
    parameters.WindowMessage.uMsg = static_cast<UINT>(command.Number("msg", 0x8001));
    parameters.WindowMessage.context = static_cast<WPARAM>(command.Number("context", 0x1234));
  } else if (type == NSP_NOTIFY_EVENT) {
    parameters.Event.lpOverlapped = OverlappedFor(command);
  } else if (type == NSP_NOTIFY_PORT) {
    parameters.Port.lpOverlapped = OverlappedFor(command);
    parameters.Port.hPort = HandleFor(command, "port", TheWorld().ports);
    parameters.Port.Key = static_cast<ULONG_PTR>(command.Number("key", 0x77));
  } else if (type == NSP_NOTIFY_APC) {
    parameters.Apc.lpOverlapped = OverlappedFor(command);
    parameters.Apc.lpfnCompletionProc = command.IsSpecial("routine", "null") ? nullptr : RecordApc;
  }
}

// tid=real (default) | @null | @unmapped | @junk | THREAD; tidclose=1 closes the handle after the
// call. The structure is overwritten and unmapped after the call in any case.
class ThreadId {
 public:
  explicit ThreadId(const Command& command) : block_(sizeof(WSATHREADID), 0xcd) {
    auto* const id = reinterpret_cast<WSATHREADID*>(block_.data());
    id->Reserved = 0;
    id->ThreadHandle = CurrentThreadHandle();
    if (command.IsSpecial("tid", "junk")) {
      id->ThreadHandle = reinterpret_cast<HANDLE>(uintptr_t{0x7ff0});
    } else if (command.Has("tid") && !command.IsSpecial("tid")) {
      id->ThreadHandle = TheWorld().workers.Get(command.Text("tid"))->thread();
    }
    if (command.Flag("tidclose")) {
      DuplicateHandle(GetCurrentProcess(), id->ThreadHandle, GetCurrentProcess(), &own_, 0, FALSE,
                      DUPLICATE_SAME_ACCESS);
      id->ThreadHandle = own_;
    }
    pointer_ = static_cast<WSATHREADID*>(
        command.IsSpecial("tid", "junk") ? id : PointerFor(command, "tid", id));
  }
  WSATHREADID* get() const { return pointer_; }
  void Discard() {
    if (own_ != nullptr) CloseHandle(own_);
    block_.Discard();
  }

 private:
  Block block_;
  HANDLE own_ = nullptr;
  WSATHREADID* pointer_ = nullptr;
};

// in=HEX or @unmapped... with insize=, out=BUFFERNAME or @unmapped... with outsize=.
struct IoctlBuffers {
  explicit IoctlBuffers(const Command& command) {
    input = command.IsSpecial("in") ? std::vector<uint8_t>{} : command.Bytes("in");
    in_block = std::make_shared<Block>(input.size(), uint8_t{0});
    std::memcpy(in_block->data(), input.data(), input.size());
    in = command.Has("in") ? PointerFor(command, "in", in_block->data()) : nullptr;
    in_size = static_cast<DWORD>(command.Number("insize", input.size()));
    if (command.Has("out") && !command.IsSpecial("out")) {
      out_block = TheWorld().buffers.Get(command.Text("out"));
    } else {
      out_block = std::make_shared<Block>(
          command.IsSpecial("out") ? 0 : command.Number("outsize", 0), uint8_t{0xab});
    }
    out_size = static_cast<DWORD>(command.Number("outsize", out_block->size()));
    out = out_size == 0 && !command.Has("out") ? nullptr
                                               : PointerFor(command, "out", out_block->data());
  }
  std::vector<uint8_t> input;
  std::shared_ptr<Block> in_block;
  std::shared_ptr<Block> out_block;
  void* in;
  DWORD in_size;
  void* out;
  DWORD out_size;
};

// ioctl h=NAME code= [in= insize= out= outsize= bytes=@null] [type=... ov= port= key= hwnd= msg=
// context= routine=] [completion=@unmapped|@readonly] [tid=... tidclose=1]
void Ioctl(Step& step) {
  const Command& command = step.command;
  const Lookup lookup = LookupFor(command);
  IoctlBuffers buffers(command);
  ThreadId thread_id(command);
  Block completion(sizeof(WSACOMPLETION), 0xcd);
  if (command.Has("type")) {
    FillCompletion(command, *reinterpret_cast<WSACOMPLETION*>(completion.data()));
  }
  const uint64_t completion_hash = completion.Hash();
  const bool with_completion = command.Has("type") || command.Has("completion");
  // Outlives the step: a provider that writes to it after 997 is to be seen, not to crash here.
  auto* const returned = new DWORD(kUntouched);
  const IoctlArguments arguments{
      static_cast<DWORD>(command.Number("code", 0x88000019)),
      buffers.in,
      buffers.in_size,
      buffers.out,
      buffers.out_size,
      static_cast<DWORD*>(PointerFor(command, "bytes", returned)),
      static_cast<WSACOMPLETION*>(
          with_completion ? PointerFor(command, "completion", completion.data()) : nullptr),
      thread_id.get()};
  step.Call(lookup.table ? "NSPIoctl" : "WSANSPIoctl",
            [&] { return CallIoctl(lookup.table.get(), lookup.value, arguments); });
  step.data.Set("completionUnchanged", completion.Hash() == completion_hash);
  completion.Discard();
  thread_id.Discard();
  if (*returned == kUntouched) {
    step.data.Null("bytes");
  } else {
    step.data.Set("bytes", static_cast<uint64_t>(*returned));
  }
  if (step.err != WSA_IO_PENDING) {
    const size_t written = buffers.out_block->WrittenEnd();
    step.data.Set("out", ToHex(buffers.out_block->data(), written))
        .Set("outGuardsIntact", buffers.out_block->GuardsIntact());
  }
  step.data.Set("inUnchanged", std::memcmp(buffers.in_block->data(), buffers.input.data(),
                                           buffers.input.size()) == 0);
}

std::string DescribeApc(const ApcCall& call) {
  return Json()
      .Set("error", static_cast<uint64_t>(call.error))
      .Set("transferred", static_cast<uint64_t>(call.transferred))
      .Set("ov", OverlappedName(call.overlapped))
      .Set("flags", static_cast<uint64_t>(call.flags))
      .Set("thread", static_cast<uint64_t>(call.thread))
      .Set("lastError", static_cast<uint64_t>(call.last_error))
      .Object();
}

// apc-log [clear=1]: every routine call of this process so far.
void ApcLog(Step& step) {
  std::vector<ApcCall> calls;
  {
    Lock lock(apc_lock);
    calls = ApcCalls();
    if (step.command.Flag("clear")) ApcCalls().clear();
  }
  JsonArray list;
  for (const ApcCall& call : calls)
    list.Add(DescribeApc(call));
  step.data.Raw("calls", list.Array());
}

// alertable thread=NAME [ms=N] [count=K]: sleeps alertably until K routines ran on this thread.
// `err` is the thread's last error when the sleep has returned.
void Alertable(Step& step) {
  const auto mine = [] {
    const DWORD id = GetCurrentThreadId();
    Lock lock(apc_lock);
    size_t n = 0;
    for (const ApcCall& call : ApcCalls())
      n += call.thread == id ? 1 : 0;
    return n;
  };
  const size_t before = mine();
  const size_t wanted = before + step.command.Number("count", 1);
  const ULONGLONG until = GetTickCount64() + step.command.Number("ms", 20000);
  bool woken = false;
  step.Call("SleepEx", [&] {
    for (;;) {
      const DWORD kept = GetLastError();
      const ULONGLONG now = GetTickCount64();
      const bool over = mine() >= wanted || now > until;
      SetLastError(kept);
      if (over) return 0;
      woken |= SleepEx(static_cast<DWORD>(until - now), TRUE) == WAIT_IO_COMPLETION;
    }
  });
  step.data.Set("ran", mine() - before).Set("thread", GetCurrentThreadId()).Set("woken", woken);
}

// buffer name= size= [fill=] : an output buffer that outlives the call.
void MakeBuffer(Step& step) {
  TheWorld().buffers.Put(step.command.Text("name"),
                         std::make_shared<Block>(step.command.Number("size"), uint8_t{0xab}, 0,
                                                 step.command.Flag("edge")));
}

void ReadBuffer(Step& step) {
  const std::shared_ptr<Block> block = TheWorld().buffers.Get(step.command.Text("name"));
  const size_t size = step.command.Number("count", block->size());
  step.data.Set("hex", ToHex(block->data(), size))
      .Set("written", block->WrittenEnd())
      .Set("guardsIntact", block->GuardsIntact());
}

}  // namespace

HANDLE CurrentThreadHandle() {
  thread_local HANDLE handle = nullptr;
  if (handle == nullptr) {
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &handle, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
  }
  return handle;
}

LPWSAOVERLAPPED_COMPLETION_ROUTINE RecordingRoutine() {
  return RecordApc;
}

void AddIoctlVerbs() {
  AddVerb("ioctl", Ioctl);
  AddVerb("apc-log", ApcLog);
  AddVerb("alertable", Alertable);
  AddVerb("buffer", MakeBuffer);
  AddVerb("buffer-read", ReadBuffer);
}

}  // namespace client
