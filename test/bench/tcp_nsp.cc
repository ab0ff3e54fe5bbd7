// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The baseline "tcp": what several open providers do. Each lookup opens a loopback connection to a
// server in Node (test/bench/tcp-server.ts), sends the name and reads the address.
#include "handle_table.h"
#include "nsp_kit.h"

namespace bench {
namespace {

struct Lookup : Record {
  Name name;
  std::atomic<uint32_t> told;
};

GUID started;
HandleTable table;
uint16_t port = 0;

DWORD BeginLookup(const void* restrictions, HANDLE* handle) {
  if (handle == nullptr) {
    return WSAEINVAL;
  }
  auto* const lookup = NewRecord<Lookup>();
  if (lookup == nullptr) {
    return WSA_NOT_ENOUGH_MEMORY;
  }
  DWORD code = CopyName(restrictions, &lookup->name);
  const HANDLE made = code == 0 ? table.Add(lookup) : nullptr;
  if (made == nullptr) {
    Release(lookup);
    return code != 0 ? code : WSA_NOT_ENOUGH_MEMORY;
  }
  if (!nsp::GuardedWrite(handle, made)) {
    Release(table.Remove(made));
    return WSAEFAULT;
  }
  return 0;
}

// Sends the name (its bytes after their count) and reads four bytes of address.
bool Converse(SOCKET channel, const Name& name, DWORD* address) {
  char message[2 + sizeof(name.text)];
  const int bytes = static_cast<int>(name.units * sizeof(uint16_t));
  message[0] = static_cast<char>(bytes & 0xff);
  message[1] = static_cast<char>(bytes >> 8);
  std::memcpy(message + 2, name.text, static_cast<size_t>(bytes));
  if (send(channel, message, bytes + 2, 0) != bytes + 2) {
    return false;
  }
  auto* const into = reinterpret_cast<char*>(address);
  int got = 0;
  while (got < 4) {
    const int more = recv(channel, into + got, 4 - got, 0);
    if (more <= 0) {
      return false;
    }
    got += more;
  }
  return true;
}

bool Ask(const Name& name, DWORD* address) {
  const SOCKET channel = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  if (channel == INVALID_SOCKET) {
    return false;
  }
  sockaddr_in server = {};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool asked =
      connect(channel, reinterpret_cast<const sockaddr*>(&server), sizeof(server)) == 0 &&
      Converse(channel, name, address);
  closesocket(channel);
  return asked;
}

DWORD NextResult(Lookup* lookup, void* length, void* results) {
  if (lookup->told.load(std::memory_order_acquire) != 0) {
    return WSA_E_NO_MORE;
  }
  DWORD address = 0;
  if (!Ask(lookup->name, &address)) {
    return WSAENETDOWN;
  }
  lookup->told.store(1, std::memory_order_release);
  const Name& name = lookup->name;
  return address == 0 ? static_cast<DWORD>(WSASERVICE_NOT_FOUND)
                      : WriteAnswer({started, name.name_space, name.text, name.units, address},
                                    length, results);
}

INT WSAAPI OnCleanup(LPGUID) {
  return 0;
}

INT WSAAPI OnBegin(LPGUID, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW, DWORD,
                   LPHANDLE handle) {
  const DWORD last_error = GetLastError();
  return Finish(last_error, BeginLookup(restrictions, handle));
}

INT WSAAPI OnNext(HANDLE handle, DWORD, LPDWORD length, LPWSAQUERYSETW results) {
  const DWORD last_error = GetLastError();
  Record* const record = table.Find(handle);
  if (record == nullptr) {
    return Finish(last_error, WSA_INVALID_HANDLE);
  }
  const DWORD code = NextResult(static_cast<Lookup*>(record), length, results);
  Release(record);
  return Finish(last_error, code);
}

INT WSAAPI OnEnd(HANDLE handle) {
  const DWORD last_error = GetLastError();
  Record* const record = table.Remove(handle);
  if (record == nullptr) {
    return Finish(last_error, WSA_INVALID_HANDLE);
  }
  Release(record);
  return Finish(last_error, 0);
}

INT WSAAPI OnIoctl(HANDLE, DWORD, LPVOID, DWORD, LPVOID, DWORD, LPDWORD, LPWSACOMPLETION,
                   LPWSATHREADID) {
  return Finish(0, WSAEOPNOTSUPP);
}

}  // namespace
}  // namespace bench

// The port is in the environment of the process that measures.
extern "C" INT WSAAPI NSPStartup(LPGUID id, LPNSP_ROUTINE routines) {
  using namespace bench;
  const DWORD last_error = GetLastError();
  if (id == nullptr || !nsp::GuardedRead(&started, id)) {
    return Finish(last_error, WSAEINVAL);
  }
  char text[16] = {};
  GetEnvironmentVariableA("NSP_BENCH_TCP_PORT", text, sizeof(text));
  port = 0;
  for (const char* digit = text; *digit >= '0' && *digit <= '9'; ++digit) {
    port = static_cast<uint16_t>(port * 10 + (*digit - '0'));
  }
  WSADATA data;
  const int failed = WSAStartup(MAKEWORD(2, 2), &data);
  return Finish(last_error,
                failed != 0 ? static_cast<DWORD>(failed)
                            : FillTable(routines, {OnCleanup, OnBegin, OnNext, OnEnd, OnIoctl}));
}
