// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One served provider without JavaScript: the pipe, one I/O thread for all clients, the calls they
// wait for, the counters they watch, and the control file.
#ifndef WINSOCK_NSP_ADDON_PIPE_SERVER_H_
#define WINSOCK_NSP_ADDON_PIPE_SERVER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "call_table.h"
#include "connection.h"
#include "control_lease.h"
#include "data_store.h"
#include "event.h"
#include "mutex.h"
#include "status.h"
#include "unique_handle.h"

namespace nsp {

struct ServerOptions {
  std::wstring control_path;
  std::wstring pipe_sddl;
  uint32_t max_clients = 0;
  uint32_t max_calls_per_client = 0;
  uint32_t on_failure = 0;
  ControlFilter filter = {};
};

struct ServerStats {
  size_t clients = 0;
  size_t calls = 0;
  size_t subscriptions = 0;
  uint64_t frames_in = 0;
  uint64_t frames_out = 0;
  uint64_t refused_clients = 0;
  uint64_t rejected_frames = 0;
  uint64_t breaker_openings = 0;  // that clients have told of
  uint64_t late = 0;
};

// All functions are for JavaScript's thread; none of them waits, except Join.
class PipeServer {
 public:
  // `sink` outlives the I/O thread.
  explicit PipeServer(EventSink* sink) : sink_(sink) {}
  PipeServer(const PipeServer&) = delete;
  PipeServer& operator=(const PipeServer&) = delete;
  ~PipeServer();

  // Takes the control file, opens the pipe, starts the I/O thread and publishes the filter, in this
  // order: who reads the new pipe name finds the pipe. ERROR_LOCK_VIOLATION of LockFileEx: another
  // host, `other_host` (0 if unknown), serves.
  Status Start(std::unique_ptr<ServerOptions> options, uint32_t* other_host);

  [[nodiscard]] const std::wstring& pipe_name() const { return pipe_name_; }
  [[nodiscard]] uint32_t epoch() const { return options_->filter.epoch; }

  // False: the client or the call is gone. `header.size` is ignored.
  bool Answer(uint32_t client, const FrameHeader& header, const uint8_t* body, size_t bytes);
  void Change(const std::vector<uint32_t>& indices);
  void Disconnect(uint32_t client);
  [[nodiscard]] ServerStats Stats();
  // What is published. Empty and closed to writing before Start and after Join.
  [[nodiscard]] DataStore& data() { return data_; }
  void StopAccepting();

  // JavaScript has taken these frame records.
  void Delivered(const uint8_t* records, size_t bytes);

  // Begins the end: no client is accepted, all connections are closed, then the sink is told.
  void BeginClose();
  // Waits for the I/O thread and gives the control file back. After BeginClose the thread ends as
  // soon as the system has given back the cancelled operations.
  void Join();

 private:
  // Bytes that a client may have on their way to JavaScript before it is read no further.
  static constexpr size_t kMaxUndelivered = 2 * size_t{kMaxFrameBytes};
  // What a frame costs besides its body.
  static constexpr size_t kFrameCost = 512;

  using Clients = std::map<uint32_t, std::unique_ptr<Connection>>;

  // Control file, pipe and thread.
  Status OpenPort();
  Status OpenInstance(const Lock& lock, bool first);
  [[nodiscard]] Connection* Find(uint32_t client);
  void Wake();

  // I/O thread (pipe_server_io.cc).
  void Run();
  void Complete(Lock* lock, const OVERLAPPED_ENTRY& entry);
  [[nodiscard]] bool HasRoomFor(const Lock& lock, uint32_t process) const;
  void OnConnected(Lock* lock, Connection* connection, DWORD error);
  void OnReadable(Lock* lock, Connection* connection, DWORD bytes, DWORD error);
  [[nodiscard]] bool OnRead(Lock* lock, Connection* connection, DWORD bytes, DWORD error);
  void OnWritten(const Lock& lock, Connection* connection, DWORD error);
  void ReadOn(Lock* lock, Connection* connection);
  [[nodiscard]] bool BeginRead(Lock* lock, Connection* connection);
  void Close(const Lock& lock, Connection* connection, CloseReason reason);
  void CloseBroken(const Lock& lock, Connection* connection);
  void Look(Lock* lock, Connection* connection);
  [[nodiscard]] bool Settle(const Lock& lock, Connection* connection);
  void Tick(Lock* lock);
  void LookAtControl(const Lock& lock);
  [[nodiscard]] DWORD NextTimeout(const Lock& lock);

  // Frames (pipe_server_frames.cc).
  void OnFrame(Lock* lock, Connection* connection);
  void OnEnd(const Lock& lock, Connection* connection, uint32_t lookup);
  void OnHello(Lock* lock, Connection* connection);
  void OnCall(const Lock& lock, Connection* connection, const FrameHeader& header);
  void OnSubscribe(const Lock& lock, Connection* connection);
  void Forward(const Lock& lock, Connection* connection, FrameHeader header, size_t body_bytes);
  void Reject(const Lock& lock, Connection* connection);
  void Refuse(const Lock& lock, Connection* connection);
  void Fail(const Lock& lock, Connection* connection, const FrameHeader& header);
  void AnswerLateCalls(const Lock& lock);
  void SendChange(const Lock& lock, Connection* connection, const std::vector<ChangeItem>& items);
  void Send(const Lock& lock, Connection* connection, FrameHeader header, const void* body,
            size_t bytes);

  EventSink* const sink_;
  // Written by Start only.
  std::unique_ptr<ServerOptions> options_;
  std::wstring pipe_name_;
  ControlLease control_;
  DataStore data_;  // points into control_; of JavaScript's thread alone
  UniqueDescriptor descriptor_;
  UniqueHandle port_;
  std::thread thread_;

  // Guards everything below and the connections. Under it a counter is bumped and its subscribers
  // are collected, and under it a subscription is compared with the counters and recorded.
  // It is held across system calls that do not wait, never across one that does or across
  // JavaScript. The sink's lock is taken inside it, never the other way round.
  Mutex mutex_;
  Clients connections_;
  CallTable calls_;
  std::set<uint32_t> attention_;  // connections that the I/O thread has to look at
  ServerStats stats_;
  uint32_t last_id_ = 0;
  uint32_t listening_ = 0;  // 0: no instance waits
  bool accepting_ = false;
  bool closing_ = false;
  bool retired_ = false;
  Clock::time_point next_control_look_;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_ADDON_PIPE_SERVER_H_
