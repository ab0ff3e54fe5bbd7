// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Per-thread handles for WSATHREADID; see thread_id.h.
#include "thread_id.h"

#include <new>

namespace rig {
namespace {

struct ThreadBlock {
  HANDLE handle;
  ThreadBlock* next;
};

DWORD g_slot = TLS_OUT_OF_INDEXES;
SRWLOCK g_lock = SRWLOCK_INIT;  // guards the list and the handles in it
ThreadBlock* g_first = nullptr;

HANDLE DuplicateCallingThread() {
  HANDLE handle = nullptr;
  if (!DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &handle, 0,
                       FALSE, DUPLICATE_SAME_ACCESS)) {
    return nullptr;
  }
  return handle;
}

}  // namespace

bool PrepareThreadIds() {
  g_slot = TlsAlloc();
  return g_slot != TLS_OUT_OF_INDEXES;
}

void DisposeThreadIds() {
  if (g_slot != TLS_OUT_OF_INDEXES) TlsFree(g_slot);
}

WSATHREADID CallingThreadId() {
  KeepLastError keep;
  auto* block = static_cast<ThreadBlock*>(TlsGetValue(g_slot));
  if (block == nullptr) {
    block = new (std::nothrow) ThreadBlock{nullptr, nullptr};
    if (block == nullptr) return WSATHREADID{};
    TlsSetValue(g_slot, block);
    ExclusiveLock lock(&g_lock);
    block->next = g_first;
    g_first = block;
  }
  ExclusiveLock lock(&g_lock);
  if (block->handle == nullptr) block->handle = DuplicateCallingThread();
  return WSATHREADID{block->handle, 0};
}

void ReleaseThreadId() {
  auto* block = static_cast<ThreadBlock*>(TlsGetValue(g_slot));
  if (block == nullptr) return;
  TlsSetValue(g_slot, nullptr);
  {
    ExclusiveLock lock(&g_lock);
    for (ThreadBlock** link = &g_first; *link != nullptr; link = &(*link)->next) {
      if (*link != block) continue;
      *link = block->next;
      break;
    }
  }
  if (block->handle != nullptr) CloseHandle(block->handle);
  delete block;
}

void ReleaseAllThreadIds() {
  ExclusiveLock lock(&g_lock);
  for (ThreadBlock* block = g_first; block != nullptr; block = block->next) {
    if (block->handle != nullptr) CloseHandle(block->handle);
    block->handle = nullptr;
  }
}

}  // namespace rig
