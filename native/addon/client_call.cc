// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See client_call.h.
#include "client_call.h"

#include <algorithm>
#include <utility>

namespace nsp {
namespace {

constexpr DWORD kFirstBytes = 8 * 1024;
// No result is worth more; a provider that asks for more is not believed.
constexpr DWORD kMostBytes = 16 * 1024 * 1024;
// A provider may grow its answer between two tries, but not for ever.
constexpr int kTries = 8;

Status Cancelled(const char* operation) {
  return {WSA_E_CANCELLED, operation};
}

// Memory aligned for structures with pointers.
class Buffer {
 public:
  explicit Buffer(DWORD bytes) : words_((bytes + 7) / 8), bytes_(bytes) {}

  [[nodiscard]] DWORD size() const { return bytes_; }
  [[nodiscard]] uint8_t* data() { return reinterpret_cast<uint8_t*>(words_.data()); }

 private:
  std::vector<uint64_t> words_;
  DWORD bytes_;
};

// Calls `fill(buffer, &size)` until the buffer is large enough. It returns 0 or sets the last
// error.
template <typename Fill, typename Read>
Status FillBuffer(const char* operation, const Fill& fill, const Read& read) {
  DWORD bytes = kFirstBytes;
  for (int i = 0; i < kTries; ++i) {
    Buffer buffer(bytes);
    DWORD needed = bytes;
    if (fill(buffer.data(), &needed) == 0) {
      if (read(buffer.data(), buffer.size())) return {};
      return {WSAEINVALIDPROVIDER, operation};
    }
    const Status status = Status::LastWinsock(operation);
    if (status.code != WSAEFAULT || needed <= bytes || needed > kMostBytes) return status;
    bytes = needed;
  }
  return {WSAEFAULT, operation};
}

}  // namespace

Status NextResult(ClientLookup& lookup, DWORD flags, ClientSet* result) {
  constexpr const char* kOperation = "WSALookupServiceNextW";
  const ClientLookup::Use use(lookup);
  if (!use) return Cancelled(kOperation);
  return FillBuffer(
      kOperation,
      [&](uint8_t* buffer, DWORD* size) {
        return WSALookupServiceNextW(use.handle(), flags, size,
                                     reinterpret_cast<WSAQUERYSETW*>(buffer));
      },
      [&](const uint8_t* buffer, size_t size) { return ReadResult(buffer, size, result); });
}

Status CallIoctl(ClientLookup& lookup, DWORD code, std::vector<uint8_t> input, DWORD output_size,
                 IoctlOutput* output) {
  constexpr const char* kOperation = "WSANSPIoctl";
  const ClientLookup::Use use(lookup);
  if (!use) return Cancelled(kOperation);
  output->bytes.resize(output_size);
  DWORD returned = 0;
  const int result = WSANSPIoctl(
      use.handle(), code, input.empty() ? nullptr : input.data(), static_cast<DWORD>(input.size()),
      output_size == 0 ? nullptr : output->bytes.data(), output_size, &returned, nullptr);
  if (result != 0) {
    const Status status = Status::LastWinsock(kOperation);
    if (status.code == WSAEFAULT && returned > output_size) output->needed = returned;
    return status;
  }
  output->bytes.resize(std::min(returned, output_size));
  return {};
}

Status PollChange(ClientLookup& lookup, bool* changed) {
  constexpr const char* kOperation = "WSANSPIoctl";
  const ClientLookup::Use use(lookup);
  if (!use) return Cancelled(kOperation);
  DWORD returned = 0;
  *changed = WSANSPIoctl(use.handle(), SIO_NSP_NOTIFY_CHANGE, nullptr, 0, nullptr, 0, &returned,
                         nullptr) == 0;
  if (*changed) return {};
  const Status status = Status::LastWinsock(kOperation);
  return status.code == WSAEWOULDBLOCK ? Status{} : status;
}

Status SetService(const ClientSet& set, WSAESETSERVICEOP operation, DWORD flags) {
  QuerySetMemory memory(set);
  if (WSASetServiceW(memory.get(), operation, flags) == 0) return {};
  return Status::LastWinsock("WSASetServiceW");
}

Status InstallClass(const ClientClass& info) {
  ClassMemory memory(info);
  if (WSAInstallServiceClassW(memory.get()) == 0) return {};
  return Status::LastWinsock("WSAInstallServiceClassW");
}

Status RemoveClass(GUID id) {
  if (WSARemoveServiceClass(&id) == 0) return {};
  return Status::LastWinsock("WSARemoveServiceClass");
}

Status GetClass(GUID provider, GUID id, ClientClass* info) {
  return FillBuffer(
      "WSAGetServiceClassInfoW",
      [&](uint8_t* buffer, DWORD* size) {
        auto* head = reinterpret_cast<WSASERVICECLASSINFOW*>(buffer);
        // The documentation lets a provider read the wanted class from here.
        head->lpServiceClassId = &id;
        return WSAGetServiceClassInfoW(&provider, &id, size, head);
      },
      [&](const uint8_t* buffer, size_t size) { return ReadClass(buffer, size, info); });
}

}  // namespace nsp
