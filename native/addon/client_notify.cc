// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See client_notify.h.
#include "client_notify.h"

#include <utility>

#include "client_pool.h"
#include "unique_handle.h"

namespace nsp {
namespace {

constexpr const char* kOperation = "WSANSPIoctl";

// What the provider was given. It stays in one place until its event is set.
class Request {
 public:
  Request(std::shared_ptr<ClientLookup> lookup, std::function<void(const Status&)> done)
      : lookup_(std::move(lookup)), done_(std::move(done)) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  // Takes over the request.
  static void Start(std::unique_ptr<Request> request) {
    const Status status = request->Prepare();
    if (!status.ok()) {
      request->done_(status);
      return;
    }
    const Status asked = request->Ask();
    if (asked.code != WSA_IO_PENDING) {
      // 0: changed already, the event is set or is about to be; nothing else was started.
      request->done_(asked);
      return;
    }
    Request* const pending = request.release();  // Signalled has it from here on
    SetThreadpoolWait(pending->wait_.get(), pending->event_.get(), nullptr);
  }

 private:
  Status Prepare() {
    ClientPool* pool = nullptr;
    const Status status = ClientPool::Get(&pool);
    if (!status.ok()) return status;
    event_.reset(CreateEventW(nullptr, TRUE, FALSE, nullptr));
    if (!event_) return Status::Last("CreateEventW");
    wait_.reset(CreateThreadpoolWait(Signalled, this, pool->soon()));
    if (!wait_) return Status::Last("CreateThreadpoolWait");
    overlapped_.hEvent = event_.get();
    completion_.Type = NSP_NOTIFY_EVENT;
    completion_.Parameters.Event.lpOverlapped = &overlapped_;
    return {};
  }

  Status Ask() {
    const ClientLookup::Use use(*lookup_);
    if (!use) return {WSA_OPERATION_ABORTED, kOperation};
    if (WSANSPIoctl(use.handle(), SIO_NSP_NOTIFY_CHANGE, nullptr, 0, nullptr, 0, &returned_,
                    &completion_) == 0) {
      return {};
    }
    return Status::LastWinsock(kOperation);
  }

  static void CALLBACK Signalled(PTP_CALLBACK_INSTANCE, void* context, PTP_WAIT, TP_WAIT_RESULT) {
    const std::unique_ptr<Request> request(static_cast<Request*>(context));
    request->done_(request->Outcome());
  }

  Status Outcome() {
    if (lookup_->ended()) return {WSA_OPERATION_ABORTED, kOperation};
    DWORD bytes = 0;
    // The event is set: this waits for nothing and needs no file.
    if (GetOverlappedResult(INVALID_HANDLE_VALUE, &overlapped_, &bytes, FALSE)) return {};
    const Status status = Status::Last(kOperation);
    // A provider may set the event and leave the rest alone; the event is what counts.
    return status.code == WSA_IO_INCOMPLETE ? Status{} : status;
  }

  const std::shared_ptr<ClientLookup> lookup_;
  const std::function<void(const Status&)> done_;
  WSAOVERLAPPED overlapped_ = {};
  WSACOMPLETION completion_ = {};
  DWORD returned_ = 0;
  UniqueHandle event_;
  UniquePoolWait wait_;  // goes before the event
};

}  // namespace

void NotifyChange(std::shared_ptr<ClientLookup> lookup, std::function<void(const Status&)> done) {
  Request::Start(std::make_unique<Request>(std::move(lookup), std::move(done)));
}

}  // namespace nsp
