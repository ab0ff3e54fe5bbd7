// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Callers' memory: each pointer of each entry of the table is NULL, in no memory, read-only,
// misaligned, at the end of a page or changing; each size 0, 1, too small by one, or 2^31. What a
// call may not touch is between guard bytes.
#include <algorithm>
#include <cstring>

#include "hostile.h"

namespace torture {
namespace {

constexpr size_t kPage = 4096;
constexpr uint8_t kGuard = 0x5A;

// What all calls draw their pointers from.
class Memory {
 public:
  Memory()
      : none_(VirtualAlloc(nullptr, kPage, MEM_RESERVE, PAGE_NOACCESS)),
        zeros_(VirtualAlloc(nullptr, kPage, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY)),
        edge_(static_cast<uint8_t*>(VirtualAlloc(nullptr, 2 * kPage, MEM_RESERVE, PAGE_NOACCESS))) {
    VirtualAlloc(edge_, kPage, MEM_COMMIT, PAGE_READWRITE);
  }
  // `good`, or something that is wrong in one of the ways; `bytes` of `good` are copied where the
  // way needs a copy.
  template <typename T>
  T* Wrong(Dice* dice, T* good, size_t bytes) {
    if (!dice->OneIn(3)) return good;
    switch (dice->Below(6)) {
      case 0:
        return nullptr;
      case 1:
        return static_cast<T*>(none_);
      case 2:
        return static_cast<T*>(zeros_);
      case 3: {  // misaligned
        uint8_t* const at = copies_[next_++ % kCopies] + 1 + dice->Below(7);
        std::memcpy(at, good, std::min(bytes, kCopyBytes - 8));
        return reinterpret_cast<T*>(at);
      }
      case 4: {  // its last byte lies in no memory
        uint8_t* const at = edge_ + kPage - std::min(bytes, kPage) + 1;
        std::memcpy(at, good, std::min(bytes, kPage) - 1);
        return reinterpret_cast<T*>(at);
      }
      default:
        return static_cast<T*>(dice->OneIn(2) ? static_cast<void*>(edge_ + kPage) : none_);
    }
  }
  void* none() const { return none_; }
  void* zeros() const { return zeros_; }

 private:
  static constexpr size_t kCopies = 8;
  static constexpr size_t kCopyBytes = 1024;
  void* const none_;
  void* const zeros_;
  uint8_t* const edge_;
  alignas(16) uint8_t copies_[kCopies][kCopyBytes] = {};
  size_t next_ = 0;
};

DWORD WrongSize(Dice* dice, DWORD good) {
  static constexpr DWORD kSizes[] = {0, 1, 0x80000000u, 0xffffffffu, 0x7fffffffu};
  if (!dice->OneIn(3)) return good;
  return dice->OneIn(3) ? good - 1 : kSizes[dice->Below(std::size(kSizes))];
}

// A service with everything in it; `spoil` makes any of its pointers and sizes wrong.
struct Service {
  explicit Service(const GUID& of) : id(of) {
    static const wchar_t kName[] = L"a.load";
    std::memcpy(name, kName, sizeof kName);
    std::memcpy(comment, kName, sizeof kName);
    sockaddr_in at = {};
    at.sin_family = AF_INET;
    std::memcpy(&address, &at, sizeof at);
    side.RemoteAddr = {reinterpret_cast<sockaddr*>(&address), sizeof address};
    side.LocalAddr = side.RemoteAddr;
    blob = {sizeof bytes, bytes};
    set.dwSize = sizeof set;
    set.lpszServiceInstanceName = name;
    set.lpServiceClassId = &id;
    set.lpVersion = &version;
    set.lpszComment = comment;
    set.lpNSProviderId = &id;
    set.dwNumberOfProtocols = 1;
    set.lpafpProtocols = &protocol;
    set.dwNumberOfCsAddrs = 1;
    set.lpcsaBuffer = &side;
    set.lpBlob = &blob;
  }
  void Spoil(Dice* dice, Memory* memory) {
    set.lpszServiceInstanceName = memory->Wrong(dice, name, sizeof name);
    set.lpServiceClassId = memory->Wrong(dice, &id, sizeof id);
    set.lpVersion = memory->Wrong(dice, &version, sizeof version);
    set.lpszComment = memory->Wrong(dice, comment, sizeof comment);
    set.lpszContext = dice->OneIn(4) ? memory->Wrong(dice, comment, sizeof comment) : nullptr;
    set.lpafpProtocols = memory->Wrong(dice, &protocol, sizeof protocol);
    set.lpcsaBuffer = memory->Wrong(dice, &side, sizeof side);
    set.lpBlob = dice->OneIn(2) ? memory->Wrong(dice, &blob, sizeof blob) : nullptr;
    set.dwNumberOfCsAddrs = WrongSize(dice, 1);
    set.dwNumberOfProtocols = WrongSize(dice, 1);
    set.dwSize = WrongSize(dice, sizeof set);
    blob.pBlobData = memory->Wrong(dice, bytes, sizeof bytes);
    blob.cbSize = WrongSize(dice, sizeof bytes);
    side.RemoteAddr.lpSockaddr =
        memory->Wrong(dice, reinterpret_cast<sockaddr*>(&address), sizeof address);
    side.RemoteAddr.iSockaddrLength = static_cast<INT>(WrongSize(dice, sizeof address));
  }

  GUID id;
  wchar_t name[16] = {};
  wchar_t comment[16] = {};
  WSAVERSION version = {};
  AFPROTOCOLS protocol = {AF_INET, IPPROTO_TCP};
  CSADDR_INFO side = {};
  sockaddr_storage address = {};
  BYTE bytes[64] = {};
  BLOB blob = {};
  WSAQUERYSETW set = {};
};

// Makes a service's pointers and sizes wrong and right again while calls read them.
struct Churn {
  Service* service = nullptr;
  Memory* memory = nullptr;
  volatile LONG over = 0;
};

DWORD WINAPI KeepChurning(void* context) {
  auto* const churn = static_cast<Churn*>(context);
  const WSAQUERYSETW good = churn->service->set;
  volatile WSAQUERYSETW* const set = &churn->service->set;
  Dice dice(7);
  while (churn->over == 0) {
    void* const wrong = dice.OneIn(2)   ? churn->memory->none()
                        : dice.OneIn(2) ? churn->memory->zeros()
                                        : nullptr;
    set->lpszServiceInstanceName = static_cast<LPWSTR>(wrong);
    set->dwNumberOfCsAddrs = dice.Odd() % 3;
    set->lpcsaBuffer = static_cast<LPCSADDR_INFO>(wrong);
    churn->service->name[dice.Below(16)] = static_cast<wchar_t>(dice.Below(3) * 0x61);
    set->lpBlob = static_cast<LPBLOB>(wrong);
    set->lpszServiceInstanceName = good.lpszServiceInstanceName;
    set->lpcsaBuffer = good.lpcsaBuffer;
    set->dwNumberOfCsAddrs = 1;
    set->lpBlob = good.lpBlob;
  }
  return 0;
}

struct Calls {
  NSP_ROUTINE table = {};
  GUID id = {};
  Memory memory;
  Dice dice{1};
  Service* churned = nullptr;
  alignas(16) uint8_t output[8192];
  uint64_t made = 0;
  std::string fault;

  DWORD Judge(const char* what, int ret) {
    const DWORD code = CodeOf(ret);
    ++made;
    if (!IsDocumented(code) && fault.empty()) {
      fault = std::string(what) + " answered " + std::to_string(code);
    }
    return code;
  }
  void Arm() { std::memset(output, kGuard, sizeof output); }
  // Nothing before the output of `room` bytes at +1024, nothing behind it.
  void JudgeOutput(const char* what, size_t room) {
    const auto is_guard = [](uint8_t byte) { return byte == kGuard; };
    const uint8_t* const from = output + 1024;
    const uint8_t* const end = output + sizeof output;
    const bool whole = std::all_of<const uint8_t*>(output, from, is_guard) &&
                       (room >= sizeof output - 1024 || std::all_of(from + room, end, is_guard));
    if (!whole && fault.empty()) fault = std::string(what) + " wrote outside of its buffer";
  }
  HANDLE Begin() {
    Service service(id);
    HANDLE handle = nullptr;
    service.set.lpBlob = nullptr;
    table.NSPLookupServiceBegin(&id, &service.set, nullptr, kReturnAll, &handle);
    return handle;
  }
};

void TryBegin(Calls* calls, Service* service) {
  HANDLE handle = nullptr;
  Dice* const dice = &calls->dice;
  HANDLE* const out = calls->memory.Wrong(dice, &handle, sizeof handle);
  WSASERVICECLASSINFOW info = {};
  const DWORD code = calls->Judge(
      "Begin", calls->table.NSPLookupServiceBegin(
                   calls->memory.Wrong(dice, &calls->id, sizeof calls->id),
                   calls->memory.Wrong(dice, &service->set, sizeof service->set),
                   calls->memory.Wrong(dice, &info, sizeof info), dice->Odd() | kReturnAll, out));
  if (code == 0) {
    std::memcpy(&handle, out, sizeof handle);
    calls->table.NSPLookupServiceEnd(handle);
  }
}

void TryNext(Calls* calls) {
  Dice* const dice = &calls->dice;
  const HANDLE handle = calls->Begin();
  DWORD need = 0;
  for (int i = 0; i < 3; ++i) {
    calls->Arm();
    const DWORD room = need != 0 && dice->OneIn(2) ? need - 1 : WrongSize(dice, 4096);
    DWORD length = room;
    DWORD* const given = calls->memory.Wrong(dice, &length, sizeof length);
    auto* const set = reinterpret_cast<WSAQUERYSETW*>(
        calls->memory.Wrong(dice, calls->output + 1024 + dice->Below(2) * 3, 512));
    const DWORD code = calls->Judge(
        "Next",
        calls->table.NSPLookupServiceNext(handle, dice->OneIn(4) ? dice->Odd() : 0, given, set));
    if (code == WSAEFAULT && given == &length && length != room) need = length;
    calls->JudgeOutput("Next", std::min<size_t>(room, 4096) + 8);
  }
  calls->Judge("End",
               calls->table.NSPLookupServiceEnd(
                   dice->OneIn(4) ? reinterpret_cast<HANDLE>(uintptr_t{dice->Word()}) : handle));
  calls->table.NSPLookupServiceEnd(handle);
}

void TryIoctl(Calls* calls) {
  static constexpr DWORD kCodes[] = {kNotifyChange, kEchoCode, kHoldCode, 0x12345};
  Dice* const dice = &calls->dice;
  Memory* const memory = &calls->memory;
  const HANDLE handle = calls->Begin();
  static OVERLAPPED overlapped;  // what pends is aborted by End below
  overlapped = {};
  static const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  overlapped.hEvent = dice->OneIn(5) ? reinterpret_cast<HANDLE>(uintptr_t{dice->Odd()}) : event;
  WSACOMPLETION completion = {};
  completion.Type = dice->OneIn(8) ? static_cast<WSACOMPLETIONTYPE>(dice->Odd()) : NSP_NOTIFY_EVENT;
  completion.Parameters.Event.lpOverlapped = memory->Wrong(dice, &overlapped, sizeof overlapped);
  WSATHREADID thread = {GetCurrentThread(), 0};
  DWORD returned = 0;
  uint8_t input[256] = {};
  calls->Arm();
  const DWORD room = WrongSize(dice, 256);
  WSACOMPLETION* const given =
      dice->OneIn(2) ? nullptr : memory->Wrong(dice, &completion, sizeof completion);
  const DWORD code = kCodes[dice->Below(4)];
  calls->Judge("Ioctl", calls->table.NSPIoctl(
                            handle, code, memory->Wrong(dice, input, sizeof input),
                            WrongSize(dice, 256), memory->Wrong(dice, calls->output + 1024, 256),
                            room, memory->Wrong(dice, &returned, sizeof returned), given,
                            memory->Wrong(dice, &thread, sizeof thread)));
  calls->table.NSPLookupServiceEnd(handle);
  calls->JudgeOutput("Ioctl", std::min<size_t>(room, 4096));
}

void TryService(Calls* calls, Service* service) {
  Dice* const dice = &calls->dice;
  WSASERVICECLASSINFOW info = {};
  calls->Judge("SetService",
               calls->table.NSPSetService(
                   calls->memory.Wrong(dice, &calls->id, sizeof calls->id),
                   calls->memory.Wrong(dice, &info, sizeof info),
                   calls->memory.Wrong(dice, &service->set, sizeof service->set),
                   static_cast<WSAESETSERVICEOP>(dice->OneIn(4) ? dice->Odd() : dice->Below(3)),
                   dice->OneIn(3) ? dice->Odd() : 0));
}

void TryClasses(Calls* calls) {
  Dice* const dice = &calls->dice;
  Memory* const memory = &calls->memory;
  GUID id = calls->id;
  wchar_t name[16] = L"class";
  DWORD value = 7;
  WSANSCLASSINFOW property = {name, 12, 4, sizeof value, &value};
  property.lpszName = memory->Wrong(dice, name, sizeof name);
  property.dwValueSize = WrongSize(dice, sizeof value);
  property.lpValue = memory->Wrong(dice, &value, sizeof value);
  WSASERVICECLASSINFOW info = {memory->Wrong(dice, &id, sizeof id),
                               memory->Wrong(dice, name, sizeof name), WrongSize(dice, 1),
                               memory->Wrong(dice, &property, sizeof property)};
  calls->Judge("InstallServiceClass",
               calls->table.NSPInstallServiceClass(memory->Wrong(dice, &calls->id, sizeof id),
                                                   memory->Wrong(dice, &info, sizeof info)));
  calls->Judge("RemoveServiceClass",
               calls->table.NSPRemoveServiceClass(memory->Wrong(dice, &calls->id, sizeof id),
                                                  memory->Wrong(dice, &id, sizeof id)));
  calls->Arm();
  const DWORD room = WrongSize(dice, 512);
  DWORD length = room;
  info.lpServiceClassId = &id;
  std::memcpy(calls->output + 1024, &info, sizeof info);
  calls->Judge(
      "GetServiceClassInfo",
      calls->table.NSPGetServiceClassInfo(
          memory->Wrong(dice, &calls->id, sizeof id), memory->Wrong(dice, &length, sizeof length),
          memory->Wrong(dice, reinterpret_cast<WSASERVICECLASSINFOW*>(calls->output + 1024), 512)));
  calls->JudgeOutput("GetServiceClassInfo",
                     std::max<size_t>(sizeof info, std::min<size_t>(room, 4096)));
}

}  // namespace

// rounds= of each entry; what is passed follows from seed=.
int RunArguments(const Arguments& arguments) {
  static Calls calls;
  calls.table = StartedTable(arguments);
  calls.id = Target(arguments).id();
  calls.dice = Dice(arguments.Number(L"seed", 1));
  if (calls.table.NSPCleanup == nullptr) return Result(false, "not loaded");
  static Service churned(calls.id);
  static Churn churn = {&churned, &calls.memory};
  const HANDLE thread = CreateThread(nullptr, 0, KeepChurning, &churn, 0, nullptr);
  const uint32_t rounds = arguments.Number(L"rounds", 1000);
  for (uint32_t i = 0; i < rounds && calls.fault.empty(); ++i) {
    Service service(calls.id);
    service.Spoil(&calls.dice, &calls.memory);
    TryBegin(&calls, &service);
    TryBegin(&calls, &churned);
    TryNext(&calls);
    TryIoctl(&calls);
    if (i % 4 == 0) TryService(&calls, &service);
    if (i % 4 == 1) TryService(&calls, &churned);
    if (i % 4 == 2) TryClasses(&calls);
    // The two entries without a handle.
    GUID id = calls.id;
    NSP_ROUTINE table = {};
    table.cbSize = sizeof table;
    if (i % 16 == 3 && calls.memory.Wrong(&calls.dice, &id, sizeof id) != &id) {
      calls.Judge("Cleanup", calls.table.NSPCleanup(static_cast<GUID*>(calls.memory.none())));
    }
  }
  churn.over = 1;
  WaitForSingleObject(thread, INFINITE);
  GUID id = calls.id;
  calls.table.NSPCleanup(&id);
  Say(std::string("{\"ok\":") + (calls.fault.empty() ? "true" : "false") + ",\"what\":\"" +
      calls.fault + "\",\"calls\":" + std::to_string(calls.made) + "}");
  return calls.fault.empty() ? 0 : 1;
}

}  // namespace torture
