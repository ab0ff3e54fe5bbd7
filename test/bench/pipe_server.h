// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The server's end of a bare pipe, for a process of its own and for the host's.
#ifndef WINSOCK_NSP_TEST_BENCH_PIPE_SERVER_H_
#define WINSOCK_NSP_TEST_BENCH_PIPE_SERVER_H_

#include <vector>

#include "bench.h"

namespace bench {

using Bytes = std::vector<uint8_t>;

inline Bytes Pattern(uint64_t size, uint8_t seed) {
  Bytes bytes(size);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(i * 13 + seed);
  return bytes;
}

inline Handle MakePipe(const std::wstring& name, DWORD instances) {
  constexpr DWORD kMode = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT;
  Handle pipe(CreateNamedPipeW(name.c_str(), PIPE_ACCESS_DUPLEX, kMode, instances, 65536, 65536, 0,
                               nullptr));
  if (pipe.get() == INVALID_HANDLE_VALUE) Fail("CreateNamedPipe");
  return pipe;
}

inline void Accept(HANDLE pipe) {
  if (!ConnectNamedPipe(pipe, nullptr) && GetLastError() != ERROR_PIPE_CONNECTED) {
    Fail("ConnectNamedPipe");
  }
}

inline void Write(HANDLE pipe, const Bytes& bytes) {
  DWORD written = 0;
  if (!WriteFile(pipe, bytes.data(), static_cast<DWORD>(bytes.size()), &written, nullptr) ||
      written != bytes.size()) {
    Fail("WriteFile on a pipe");
  }
}

// Answers one client, message by message of `in` bytes, until that leaves; does `work` before each
// answer.
template <typename Work>
void AnswerAll(HANDLE pipe, uint64_t in, const Bytes& answer, const Work& work) {
  Accept(pipe);
  Bytes request(in + 1);
  DWORD got = 0;
  while (ReadFile(pipe, request.data(), static_cast<DWORD>(request.size()), &got, nullptr) &&
         got == in) {
    work();
    Write(pipe, answer);
  }
}

}  // namespace bench

#endif  // WINSOCK_NSP_TEST_BENCH_PIPE_SERVER_H_
