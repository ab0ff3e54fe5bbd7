// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See provider_host.h.
#include "provider_host.h"

#include <cstring>

#include "control_writer.h"
#include "frame_check.h"
#include "lookup.h"

extern "C" INT WSAAPI NSPStartup(LPGUID id, LPNSP_ROUTINE routines);

namespace {

nsp::Provider* the_provider = nullptr;

constexpr DWORD kPatience = 5000;

void Append(Block* to, const void* data, size_t bytes) {
  const auto* at = static_cast<const uint8_t*>(data);
  for (size_t i = 0; i < bytes; ++i)
    to->push_back(at[i]);
}

// The account's TOKEN_USER.
Block OwnUser() {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
  const nsp::UniqueHandle owned(token);
  DWORD need = 0;
  GetTokenInformation(token, TokenUser, nullptr, 0, &need);
  Block user(need);
  GetTokenInformation(token, TokenUser, user.data(), need, &need);
  return user;
}
PSID UserOf(const Block& user) {
  return reinterpret_cast<const TOKEN_USER*>(user.data())->User.Sid;
}

}  // namespace

namespace nsp {

// Every entry counts as started while a host lives.
DWORD Startup::Enter(const uint8_t*) {
  return the_provider == nullptr ? static_cast<DWORD>(WSAEINVALIDPROVIDER) : 0;
}
DWORD Startup::Leave(const uint8_t*) {
  return 0;
}
Ref<Provider> Startup::Find(const uint8_t* id, uint32_t* entry) {
  int found = the_provider == nullptr ? -1 : the_provider->FindEntry(id);
  *entry = static_cast<uint32_t>(found);
  return found < 0 ? Ref<Provider>() : Ref<Provider>(the_provider);
}
SRWLOCK* Startup::Lock() {
  static SRWLOCK lock = SRWLOCK_INIT;
  return &lock;
}
Ref<Lookup> Startup::FindLookup(HANDLE handle, MappedData* data) {
  const SharedLock lock(Lock());
  if (the_provider == nullptr) return {};
  if (data != nullptr) *data = the_provider->control()->mapped();
  return Ref<Lookup>(the_provider->lookups()->Find(handle));
}
DWORD Startup::Ioctl(HANDLE handle, const IoctlCall& call) {
  const Ref<Lookup> lookup = FindLookup(handle, nullptr);
  return lookup ? lookup->Ioctl(call) : WSA_INVALID_HANDLE;
}
bool Startup::IsClean(HANDLE handle) {
  const SharedLock lock(Lock());
  const Lookup* lookup = the_provider == nullptr ? nullptr : the_provider->lookups()->Find(handle);
  return lookup != nullptr && lookup->IsClean();
}
DWORD Startup::Ask(const uint8_t* id, const uint8_t* named, FilterQuestion* question,
                   Ref<Provider>* provider, ControlState* state, MappedData* data) {
  *provider = Find(id, &question->entry);
  if (!*provider) return WSAEINVALIDPROVIDER;
  question->names_us = named != nullptr && std::memcmp(named, id, 16) == 0;
  {
    const SharedLock lock(Lock());
    *data = (*provider)->control()->mapped();
  }
  *state = (*provider)->control()->StateFor(*question);
  return *state ? 0 : WSASERVICE_NOT_FOUND;
}
Ref<Lookup> Startup::TakeLookup(HANDLE handle) {
  const ExclusiveLock lock(Lock());
  return the_provider == nullptr ? Ref<Lookup>() : the_provider->lookups()->Remove(handle);
}
bool PinModule() {
  return true;
}

}  // namespace nsp

Block Batch(uint32_t status, const std::vector<Block>& items) {
  const nsp::BatchBody head = {status, static_cast<uint32_t>(items.size())};
  Block body;
  Append(&body, &head, sizeof(head));
  for (const Block& item : items)
    Append(&body, item.data(), item.size());
  return body;
}

Block ReplyOf(uint32_t status, const Block& output) {
  const nsp::ReplyBody head = {status, static_cast<uint32_t>(output.size())};
  Block body;
  Append(&body, &head, sizeof(head));
  Append(&body, output.data(), output.size());
  return body;
}

Block ChangeOf(const std::vector<uint32_t>& indices, uint32_t sequence) {
  const nsp::ChangeBody head = {static_cast<uint32_t>(indices.size()), 0};
  Block body;
  Append(&body, &head, sizeof(head));
  for (const uint32_t index : indices) {
    const nsp::ChangeItem item = {index, sequence};
    Append(&body, &item, sizeof(item));
  }
  return body;
}

Block Item(const std::wstring& name, uint32_t flags) {
  nsp::QuerySetView view;
  view.head.present = nsp::kHasName;
  view.head.flags = flags;
  view.name = {reinterpret_cast<const uint8_t*>(name.data()),
               static_cast<uint32_t>(name.size() * 2)};
  Block block(nsp::MeasureQuerySet(view));
  nsp::WriteQuerySet(view, block.data());
  return block;
}

Host::Host(Handler handler) : handler_(std::move(handler)) {
  static int number = 0;
  const std::wstring own = L"nsp-native-test-" + std::to_wstring(GetCurrentProcessId()) + L"-" +
                           std::to_wstring(++number);
  pipe_name_ = L"\\\\.\\pipe\\" + own;
  wchar_t folder[MAX_PATH];
  GetTempPathW(MAX_PATH, folder);
  control_path_ = folder + own;
  file_ = nsp::UniqueFile(CreateFileW(control_path_.c_str(), GENERIC_READ | GENERIC_WRITE,
                                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                      nullptr, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, nullptr));
  section_ = nsp::UniqueHandle(
      CreateFileMappingW(file_.get(), nullptr, PAGE_READWRITE, 0, nsp::kControlBytes, nullptr));
  control_ = static_cast<nsp::ControlFile*>(
      MapViewOfFile(section_.get(), FILE_MAP_WRITE, 0, 0, nsp::kControlBytes));
  nsp::InitializeControl(control_);
  stop_ = nsp::UniqueHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  user_ = OwnUser();
  InitializeSecurityDescriptor(&security_, SECURITY_DESCRIPTOR_REVISION);
  SetSecurityDescriptorOwner(&security_, UserOf(user_), FALSE);
  SetSecurityDescriptorDacl(&security_, TRUE, nullptr, FALSE);
  Listen();

  filter_ = std::make_unique<nsp::ControlFilter>();
  nsp::ControlFilter& f = *filter_;
  f.host_flags = nsp::kHostRegisters | nsp::kHostStoresClasses;
  f.host_pid = GetCurrentProcessId();
  f.lookup_deadline_ms = f.ioctl_deadline_ms = f.register_deadline_ms = kPatience;
  f.wire_min = f.wire_max = nsp::kWireVersion;
  f.host_wait_limit = 8;
  std::memcpy(f.pipe_name, pipe_name_.c_str(), (pipe_name_.size() + 1) * sizeof(wchar_t));
  f.entry_count = static_cast<uint32_t>(std::size(kEntries));
  for (uint32_t i = 0; i < f.entry_count; ++i) {
    std::memcpy(f.entries[i].id, &kEntries[i], sizeof(GUID));
    f.entries[i].name_space = kNameSpaces[i];
  }
  f.entries[kFeed].flags = nsp::kEntryFeed;
  f.pattern_count = 1;
  f.patterns[0] = {nsp::kPatternAll, 3, 0, 0};
  f.code_count = 1;
  f.codes[0] = kCode;
  Publish();

  sidecar_.guid_count = f.entry_count;
  std::memcpy(sidecar_.guids, kEntries, sizeof(kEntries));
  std::memcpy(sidecar_.control_path, control_path_.c_str(),
              (control_path_.size() + 1) * sizeof(wchar_t));
  sidecar_.sid_bytes = GetLengthSid(UserOf(user_));
  std::memcpy(sidecar_.host_sid, UserOf(user_), sidecar_.sid_bytes);
  the_provider = nsp::New<nsp::Provider>(sidecar_);
  table_.cbSize = sizeof(table_);
  GUID first = kEntries[0];
  NSPStartup(&first, &table_);
  thread_ = std::thread([this] { Serve(); });
}

Host::~Host() {
  Stop();
  nsp::Provider* provider = std::exchange(the_provider, nullptr);
  provider->Shutdown();
  provider->Release();
  UnmapViewOfFile(control_);
}

void Host::Publish() {
  nsp::WriteControlFilter(control_, *filter_);
}

void Host::Listen() {
  SECURITY_ATTRIBUTES attributes = {sizeof(attributes), &security_, FALSE};
  pipe_ = nsp::UniqueFile(CreateNamedPipeW(
      pipe_name_.c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
      PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, 4, 65536, 65536, 0, &attributes));
}

void Host::Stop() {
  stopping_ = true;
  SetEvent(stop_.get());
  if (thread_.joinable()) thread_.join();
  pipe_.reset();
}

void Host::Restart() {
  Stop();
  stopping_ = false;
  ResetEvent(stop_.get());
  Listen();
  ++filter_->epoch;
  Publish();
  nsp::BumpCounter(control_, nsp::kCounterGlobal);
  nsp::BumpCounter(control_, nsp::kCounterAny);
  thread_ = std::thread([this] { Serve(); });
}

DWORD Host::Backlog() const {
  DWORD bytes = 0;
  return PeekNamedPipe(pipe_.get(), nullptr, 0, nullptr, &bytes, nullptr) ? bytes : 0;
}

// Until the operation is done or the host is to stop.
bool Host::Wait(HANDLE pipe, OVERLAPPED* overlapped, DWORD* bytes) {
  HANDLE handles[] = {overlapped->hEvent, stop_.get()};
  if (WaitForMultipleObjects(2, handles, FALSE, INFINITE) != WAIT_OBJECT_0) {
    CancelIoEx(pipe, overlapped);
  }
  return GetOverlappedResult(pipe, overlapped, bytes, TRUE) != FALSE;
}

void Host::Serve() {
  while (!stopping_) {
    nsp::UniqueHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
    OVERLAPPED overlapped = {};
    overlapped.hEvent = event.get();
    DWORD ignored = 0;
    bool connected = ConnectNamedPipe(pipe_.get(), &overlapped) != FALSE;
    DWORD error = connected ? 0 : GetLastError();
    if (error == ERROR_IO_PENDING) connected = Wait(pipe_.get(), &overlapped, &ignored);
    if (error == ERROR_PIPE_CONNECTED) connected = true;
    while (connected && !stopping_ && ServeClient(pipe_.get())) {
    }
    if (stopping_) return;
    // A new instance before the old one goes, so that the name is never free.
    nsp::UniqueFile old = std::move(pipe_);
    Listen();
  }
}

// One frame. False: the client has gone, or is to go.
bool Host::ServeClient(HANDLE pipe) {
  static thread_local Block frame(nsp::kMaxFrameBytes);
  nsp::UniqueHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  OVERLAPPED overlapped = {};
  overlapped.hEvent = event.get();
  DWORD bytes = 0;
  if (!ReadFile(pipe, frame.data(), static_cast<DWORD>(frame.size()), nullptr, &overlapped) &&
      GetLastError() != ERROR_IO_PENDING) {
    return false;
  }
  if (!Wait(pipe, &overlapped, &bytes)) return false;
  Arrived arrived;
  if (!nsp::CheckClientFrame(frame.data(), bytes)) return false;
  std::memcpy(&arrived.header, frame.data(), sizeof(arrived.header));
  Append(&arrived.body, frame.data() + sizeof(arrived.header), bytes - sizeof(arrived.header));
  TellEnds(&arrived, frame, bytes);
  ++counts_[arrived.header.kind];
  if (on_frame) on_frame(arrived);
  if (!nsp::IsCall(arrived.header.kind)) return true;
  const Reaction reaction = handler_(arrived);
  if (reaction.silent || reaction.hang_up) return !reaction.hang_up;
  const bool next = arrived.header.kind == nsp::kFrameNext;
  nsp::FrameHeader header = arrived.header;
  if (!WriteChange(pipe, reaction.change)) return false;
  header.kind = next ? nsp::kFrameBatch : nsp::kFrameReply;
  header.flags = next ? reaction.flags : 0;
  return Write(pipe, header, reaction.body) && WriteChange(pipe, reaction.change_after);
}

bool Host::WriteChange(HANDLE pipe, const Block& body) {
  return body.empty() || Write(pipe, {0, nsp::kFrameChange, 0, 0, 0}, body);
}

// Takes the list off the frame.
void Host::TellEnds(Arrived* arrived, const Block& frame, DWORD bytes) {
  if ((arrived->header.flags & nsp::kFrameBreakerOpened) != 0) ++breaker_openings;
  arrived->header.flags &= static_cast<uint16_t>(~nsp::kFrameBreakerOpened);
  nsp::EndList ends;
  if (!nsp::ReadEnds(frame.data(), bytes, &ends)) return;
  arrived->body.resize(arrived->body.size() - ends.bytes);
  arrived->header.flags &= static_cast<uint16_t>(~nsp::kFrameHasEnds);
  if (!on_end) return;
  for (uint32_t i = 0; i < ends.count; ++i)
    on_end(ends.at(i));
  if (arrived->header.kind == nsp::kFrameEnd) on_end(arrived->header.lookup);
}

bool Host::Write(HANDLE pipe, nsp::FrameHeader header, const Block& body) {
  Block frame;
  header.size = static_cast<uint32_t>(sizeof(header) + body.size());
  Append(&frame, &header, sizeof(header));
  Append(&frame, body.data(), body.size());
  nsp::UniqueHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  OVERLAPPED overlapped = {};
  overlapped.hEvent = event.get();
  DWORD bytes = 0;
  if (!WriteFile(pipe, frame.data(), header.size, nullptr, &overlapped) &&
      GetLastError() != ERROR_IO_PENDING) {
    return false;
  }
  if (!Wait(pipe, &overlapped, &bytes)) return false;
  ++sent;
  return true;
}

int Host::Frames() const {
  int frames = 0;
  for (const std::atomic<int>& count : counts_)
    frames += count;
  return frames;
}

HANDLE BeginLookup(const Host& host, uint32_t entry, DWORD flags, std::wstring name) {
  GUID id = kEntries[entry];
  WSAQUERYSETW query = {};
  query.dwSize = sizeof(query);
  query.dwNameSpace = kNameSpaces[entry];
  query.lpszServiceInstanceName = name.data();
  HANDLE lookup = nullptr;
  return host.table().NSPLookupServiceBegin(&id, &query, nullptr, flags, &lookup) == 0 ? lookup
                                                                                       : nullptr;
}

Step NextResult(const Host& host, HANDLE lookup, DWORD flags) {
  alignas(8) uint8_t buffer[4096];
  DWORD length = sizeof(buffer);
  auto* set = reinterpret_cast<WSAQUERYSETW*>(buffer);
  if (host.table().NSPLookupServiceNext(lookup, flags, &length, set) != 0) {
    return {GetLastError(), L"", 0};
  }
  return {0, set->lpszServiceInstanceName == nullptr ? L"" : set->lpszServiceInstanceName,
          set->dwOutputFlags};
}

DWORD PollLookup(const Host& host, HANDLE lookup) {
  DWORD returned = 0;
  return host.table().NSPIoctl(lookup, 0x88000019, nullptr, 0, nullptr, 0, &returned, nullptr,
                               nullptr) == 0
             ? 0
             : GetLastError();
}
