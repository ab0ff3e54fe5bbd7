// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The part of pipe_server.h that knows the frames: what comes in, what is answered here, and what
// JavaScript is told.
#include <algorithm>
#include <cstring>

#include "control_writer.h"
#include "frame_check.h"
#include "pipe_server.h"
#include "switches.h"

namespace nsp {
namespace {

constexpr auto kShortestCall = std::chrono::milliseconds(10);

// The addon answers this long before the client gives up, so that a blocked event loop is late and
// not hung (docs/architecture.md). lib/wire/deadline.ts has the same rule.
std::chrono::milliseconds AnswerAhead(std::chrono::milliseconds left) {
  using std::chrono::milliseconds;
  return std::clamp(left / 16, milliseconds(25), milliseconds(250));
}

template <typename T>
T Take(const Connection& connection, size_t offset) {
  T value;
  std::memcpy(&value, connection.frame() + offset, sizeof(T));
  return value;
}

bool KnowsMachine(uint32_t machine) {
  return machine == IMAGE_FILE_MACHINE_I386 || machine == IMAGE_FILE_MACHINE_AMD64 ||
         machine == IMAGE_FILE_MACHINE_ARM64;
}

}  // namespace

void PipeServer::OnFrame(Lock* lock, Connection* connection) {
  ++stats_.frames_in;
  if (connection->state == Connection::State::kDraining) return;
  if (!CheckClientFrame(connection->frame(), connection->frame_bytes()) &&
      !SwitchedOff("frame-check")) {
    Reject(*lock, connection);
    return;
  }
  auto header = Take<FrameHeader>(*connection, 0);
  const bool greeted = connection->state == Connection::State::kOpen;
  // Hello is the first frame, and the first only.
  if (greeted == (header.kind == kFrameHello)) {
    Reject(*lock, connection);
    return;
  }
  if ((header.flags & kFrameBreakerOpened) != 0) {
    ++stats_.breaker_openings;
    header.flags &= static_cast<uint16_t>(~kFrameBreakerOpened);
  }
  EndList ends;
  if (ReadEnds(connection->frame(), connection->frame_bytes(), &ends) && ends.count != 0) {
    for (uint32_t i = 0; i < ends.count; ++i) {
      OnEnd(*lock, connection, ends.at(i));
    }
    header.flags &= static_cast<uint16_t>(~kFrameHasEnds);
    connection->CutFrame(ends.bytes);
  }
  switch (header.kind) {
    case kFrameHello:
      OnHello(lock, connection);
      break;
    case kFrameSubscribe:
      OnSubscribe(*lock, connection);
      break;
    case kFrameEnd:
      OnEnd(*lock, connection, header.lookup);
      break;
    case kFrameCancel:
      calls_.Remove({connection->id(), header.call});
      Forward(*lock, connection, header, 0);
      break;
    default:
      OnCall(*lock, connection, header);
  }
}

// Of a frame of its own, or of the list that another frame carries.
void PipeServer::OnEnd(const Lock& lock, Connection* connection, uint32_t lookup) {
  calls_.RemoveLookup(connection->id(), lookup);
  Forward(lock, connection, {0, kFrameEnd, 0, 0, lookup}, 0);
}

void PipeServer::OnHello(Lock* lock, Connection* connection) {
  const auto hello = Take<HelloBody>(*connection, sizeof(FrameHeader));
  if (hello.wire_version != kWireVersion || !KnowsMachine(hello.machine) ||
      hello.process_id != connection->process.id()) {
    Reject(*lock, connection);
    return;
  }
  Event event;
  // Questions to the system, some of them slow; the connection is nobody else's before its hello.
  lock->unlock();
  const Status status =
      IdentifyClient(connection->pipe(), connection->process, hello.machine, &event.identity);
  lock->lock();
  if (!status.ok()) {
    Refuse(*lock, connection);
    return;
  }
  connection->state = Connection::State::kOpen;
  connection->look_at.reset();
  connection->announced = true;
  event.type = Event::Type::kConnect;
  event.client = connection->id();
  sink_->Emit(std::move(event));
}

void PipeServer::OnCall(const Lock& lock, Connection* connection, const FrameHeader& header) {
  if (calls_.CountOf(connection->id()) >= options_->max_calls_per_client) {
    Fail(lock, connection, header);
    return;
  }
  // Every call's body begins with the milliseconds left.
  const std::chrono::milliseconds left(Take<uint32_t>(*connection, sizeof(FrameHeader)));
  const Call call = {header.kind, header.lookup,
                     Clock::now() + std::max(left - AnswerAhead(left), kShortestCall)};
  if (!calls_.Add({connection->id(), header.call}, call)) {
    Reject(lock, connection);
    return;
  }
  Forward(lock, connection, header, connection->frame_bytes() - sizeof(FrameHeader));
}

void PipeServer::OnSubscribe(const Lock& lock, Connection* connection) {
  const auto subscribe = Take<SubscribeBody>(*connection, sizeof(FrameHeader));
  std::vector<ChangeItem> changed;
  size_t at = sizeof(FrameHeader) + sizeof(SubscribeBody);
  for (uint32_t i = 0; i < subscribe.count; ++i, at += sizeof(CounterValue)) {
    const auto seen = Take<CounterValue>(*connection, at);
    connection->subscriptions.Add(seen.index, subscribe.sequence);
    // Recorded and compared under one lock; Change says why that is enough.
    if (ReadCounter(*control_.file(), seen.index) != seen.value) {
      connection->subscriptions.Take(seen.index, &changed);
    }
  }
  if (!changed.empty()) SendChange(lock, connection, changed);
}

void PipeServer::Forward(const Lock&, Connection* connection, FrameHeader header,
                         size_t body_bytes) {
  header.size = static_cast<uint32_t>(sizeof(header) + body_bytes);
  connection->undelivered += kFrameCost + body_bytes;
  sink_->EmitFrame(connection->id(), header, connection->frame() + sizeof(header));
}

void PipeServer::Reject(const Lock& lock, Connection* connection) {
  ++stats_.rejected_frames;
  Close(lock, connection, CloseReason::kProtocol);
}

void PipeServer::Refuse(const Lock& lock, Connection* connection) {
  ++stats_.refused_clients;
  Close(lock, connection, CloseReason::kRefused);
}

// Answers a call with the failure that the provider has chosen.
void PipeServer::Fail(const Lock& lock, Connection* connection, const FrameHeader& header) {
  FrameHeader answer = header;
  if (header.kind == kFrameNext) {
    answer.kind = kFrameBatch;
    answer.flags = kFrameLastBatch;
    const BatchBody body = {options_->on_failure, 0};
    Send(lock, connection, answer, &body, sizeof(body));
  } else {
    answer.kind = kFrameReply;
    answer.flags = 0;
    const ReplyBody body = {options_->on_failure, 0};
    Send(lock, connection, answer, &body, sizeof(body));
  }
}

void PipeServer::AnswerLateCalls(const Lock& lock) {
  while (const auto late = calls_.TakeDue(Clock::now())) {
    const auto& [key, call] = *late;
    Connection* connection = Find(key.client);
    if (connection == nullptr) continue;
    ++stats_.late;
    Fail(lock, connection, {0, call.kind, 0, key.call, call.lookup});
    Event event;
    event.type = Event::Type::kLate;
    event.client = key.client;
    event.call = key.call;
    sink_->Emit(std::move(event));
  }
}

void PipeServer::SendChange(const Lock& lock, Connection* connection,
                            const std::vector<ChangeItem>& items) {
  const ChangeBody head = {static_cast<uint32_t>(items.size()), 0};
  std::vector<uint8_t> body(sizeof(head) + items.size() * sizeof(ChangeItem));
  std::memcpy(body.data(), &head, sizeof(head));
  std::memcpy(body.data() + sizeof(head), items.data(), items.size() * sizeof(ChangeItem));
  Send(lock, connection, {0, kFrameChange, 0, 0, 0}, body.data(), body.size());
}

void PipeServer::Send(const Lock& lock, Connection* connection, FrameHeader header,
                      const void* body, size_t bytes) {
  header.size = static_cast<uint32_t>(sizeof(header) + bytes);
  std::vector<uint8_t> frame(header.size);
  std::memcpy(frame.data(), &header, sizeof(header));
  if (bytes != 0) std::memcpy(frame.data() + sizeof(header), body, bytes);
  ++stats_.frames_out;
  if (connection->Send(lock, std::move(frame)) && !connection->broken) return;
  // Only the I/O thread closes; it is told why by `broken`.
  connection->doomed = true;
  attention_.insert(connection->id());
  Wake();
}

}  // namespace nsp
