// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The half of pipe_server.h that JavaScript's thread runs.
#include "pipe_server.h"

#include <cstring>
#include <cwchar>
#include <system_error>

#include "control_writer.h"
#include "system_function.h"
#include "text.h"

namespace nsp {
namespace {

// The system's own buffers for each direction of an instance.
constexpr DWORD kPipeBufferBytes = 65536;
constexpr size_t kNameBytes = 16;
// What a client that is being dropped gets to read the rest of its answers.
constexpr auto kDrainTime = std::chrono::seconds(2);

Status MakePipeName(std::wstring* name) {
  uint8_t random[kNameBytes];
  // RtlGenRandom, by the name that advapi32 exports it under.
  using Generate = BOOLEAN(NTAPI*)(PVOID, ULONG);
  const auto generate =
      SystemFunction<Generate>(GetModuleHandleW(L"advapi32.dll"), "SystemFunction036");
  if (generate == nullptr || !generate(random, sizeof(random))) {
    return {ERROR_GEN_FAILURE, "RtlGenRandom"};
  }
  *name = L"\\\\.\\pipe\\winsock-nsp-";
  for (const uint8_t byte : random) {
    wchar_t digits[3];
    swprintf(digits, 3, L"%02x", static_cast<unsigned>(byte));
    *name += digits;
  }
  return {};
}

uint32_t LastHost(const std::wstring& control_path) {
  const auto state = ReadControl(control_path);
  return state ? state->host_pid : 0;
}

}  // namespace

PipeServer::~PipeServer() {
  BeginClose();
  Join();
}

Status PipeServer::Start(std::unique_ptr<ServerOptions> options, uint32_t* other_host) {
  options_ = std::move(options);
  Status status = control_.Open(options_->control_path);
  if (!status.ok()) return status;
  status = control_.Lock();
  if (!status.ok()) {
    *other_host = LastHost(options_->control_path);
    return status;
  }
  status = ParseDescriptor(options_->pipe_sddl, &descriptor_);
  if (!status.ok()) return status;
  status = MakePipeName(&pipe_name_);
  if (!status.ok()) return status;
  status = OpenPort();
  if (!status.ok()) return status;
  {
    const Lock lock(mutex_);
    accepting_ = true;
    next_control_look_ = Clock::now();
    status = OpenInstance(lock, true);
    if (!status.ok()) return status;
  }
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    // The instance waits already. This thread awaits the end of that in the other one's stead.
    BeginClose();
    Run();
    return {static_cast<DWORD>(error.code().value()), "CreateThread"};
  }
  // Before the new host shows: what readers find is then this host's.
  data_.Open(options_->control_path, control_.file());
  control_.Publish(&options_->filter, pipe_name_);
  return {};
}

Status PipeServer::OpenPort() {
  port_.reset(CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1));
  if (!port_) return Status::Last("CreateIoCompletionPort");
  return {};
}

Status PipeServer::OpenInstance(const Lock& lock, bool first) {
  constexpr DWORD kMode =
      PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
  SECURITY_ATTRIBUTES attributes = {sizeof(attributes), descriptor_.get(), FALSE};
  UniqueFile pipe(CreateNamedPipeW(
      pipe_name_.c_str(),
      PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | (first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0u),
      kMode, PIPE_UNLIMITED_INSTANCES, kPipeBufferBytes, kPipeBufferBytes, 0, &attributes));
  if (!pipe) return Status::Last("CreateNamedPipeW");
  const uint32_t id = ++last_id_ != 0 ? last_id_ : ++last_id_;
  if (CreateIoCompletionPort(pipe.get(), port_.get(), id, 0) == nullptr) {
    return Status::Last("CreateIoCompletionPort");
  }
  // Where the system does not know this, packets come that Connection::Completed ignores.
  (void)SetFileCompletionNotificationModes(
      pipe.get(), FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE);
  auto connection = std::make_unique<Connection>(id, std::move(pipe), port_.get());
  const Status status = connection->Listen(lock);
  if (!status.ok()) return status;
  connections_.emplace(id, std::move(connection));
  listening_ = id;
  return {};
}

bool PipeServer::Answer(uint32_t client, const FrameHeader& header, const uint8_t* body,
                        size_t bytes) {
  const Lock lock(mutex_);
  Connection* connection = Find(client);
  if (!calls_.Remove({client, header.call}) || connection == nullptr) return false;
  Send(lock, connection, header, body, bytes);
  return !connection->doomed;
}

void PipeServer::Change(const std::vector<uint32_t>& indices) {
  const Lock lock(mutex_);
  if (closing_) return;  // the counters may be another host's by now
  // First all counters, then the subscribers: a subscription that comes later sees the new values
  // and is answered by OnSubscribe, one that came earlier is found here. Both hold the same lock,
  // so there is no moment between.
  // `any` is the last: who finds it unchanged need not look at the others.
  for (const bool last : {false, true}) {
    for (const uint32_t index : indices) {
      if ((index == kCounterAny) == last) BumpCounter(control_.file(), index);
    }
  }
  std::vector<ChangeItem> items;
  for (const auto& [id, connection] : connections_) {
    items.clear();
    for (const uint32_t index : indices) {
      connection->subscriptions.Take(index, &items);
    }
    if (!items.empty()) SendChange(lock, connection.get(), items);
  }
}

void PipeServer::Disconnect(uint32_t client) {
  const Lock lock(mutex_);
  Connection* connection = Find(client);
  if (connection == nullptr || connection->state != Connection::State::kOpen) return;
  calls_.RemoveClient(client);
  ++stats_.refused_clients;
  connection->state = Connection::State::kDraining;
  connection->look_at = Clock::now() + kDrainTime;
  attention_.insert(client);
  Wake();
}

ServerStats PipeServer::Stats() {
  const Lock lock(mutex_);
  ServerStats stats = stats_;
  for (const auto& [id, connection] : connections_) {
    if (connection->state == Connection::State::kOpen) ++stats.clients;
    stats.subscriptions += connection->subscriptions.size();
  }
  stats.calls = calls_.size();
  return stats;
}

void PipeServer::StopAccepting() {
  const Lock lock(mutex_);
  accepting_ = false;
  Wake();
}

void PipeServer::Delivered(const uint8_t* records, size_t bytes) {
  const Lock lock(mutex_);
  bool wake = false;
  FrameRecord record = {};
  for (size_t at = 0; at < bytes; at += record.padded_bytes()) {
    std::memcpy(&record, records + at, sizeof(record));
    Connection* connection = Find(record.client);
    if (connection == nullptr) continue;
    connection->undelivered -= kFrameCost + record.body_bytes();
    if (!connection->paused || connection->undelivered > kMaxUndelivered / 2) continue;
    wake |= attention_.insert(record.client).second;
  }
  if (wake) Wake();
}

void PipeServer::BeginClose() {
  const Lock lock(mutex_);
  accepting_ = false;
  closing_ = true;
  Wake();
}

void PipeServer::Join() {
  if (thread_.joinable()) thread_.join();
  // The lock on the control file ends here: the next host may start at once.
  data_.Close();
  control_ = {};
}

Connection* PipeServer::Find(uint32_t client) {
  const auto found = connections_.find(client);
  return found == connections_.end() ? nullptr : found->second.get();
}

// A packet without an operation: the I/O thread looks at what is marked. It cannot fail but for
// want of memory in the kernel, and then the thread wakes up within a second by itself.
void PipeServer::Wake() {
  if (port_) PostQueuedCompletionStatus(port_.get(), 0, 0, nullptr);
}

}  // namespace nsp
