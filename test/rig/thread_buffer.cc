// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Buffers of a thread; see thread_buffer.h.
#include "thread_buffer.h"

#include <new>

namespace rig {
namespace {

struct Buffers {
  std::vector<BYTE> host;
  std::vector<BYTE> service;
};

DWORD g_slot = TLS_OUT_OF_INDEXES;

}  // namespace

bool PrepareThreadBuffers() {
  g_slot = TlsAlloc();
  return g_slot != TLS_OUT_OF_INDEXES;
}

void ReleaseThreadBuffers() {
  auto* const buffers = static_cast<Buffers*>(TlsGetValue(g_slot));
  TlsSetValue(g_slot, nullptr);
  delete buffers;
}

void DisposeThreadBuffers() {
  ReleaseThreadBuffers();
  if (g_slot != TLS_OUT_OF_INDEXES) TlsFree(g_slot);
}

BYTE* KeepInThread(ThreadBuffer which, std::vector<BYTE> bytes) {
  KeepLastError keep;
  auto* buffers = static_cast<Buffers*>(TlsGetValue(g_slot));
  if (buffers == nullptr) {
    buffers = new (std::nothrow) Buffers;
    if (buffers == nullptr) return nullptr;
    TlsSetValue(g_slot, buffers);
  }
  std::vector<BYTE>& buffer = which == ThreadBuffer::kHost ? buffers->host : buffers->service;
  buffer = std::move(bytes);
  return buffer.data();
}

}  // namespace rig
