// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Memory without a C++ runtime: the process heap, an owned byte buffer, counted references, and
// locks as scopes.
#ifndef WINSOCK_NSP_PROVIDER_MEMORY_H_
#define WINSOCK_NSP_PROVIDER_MEMORY_H_

#include "windows_headers.h"

#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

#include "test_counters.h"

namespace nsp {

// Zeroed memory of the process heap, or nullptr.
inline void* Allocate(size_t bytes) {
  CountAllocation();
  return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, bytes);
}
inline void Free(void* memory) {
  if (memory != nullptr) {
    HeapFree(GetProcessHeap(), 0, memory);
  }
}

// One freed block, kept for the next of its kind: of what lives one after the other the heap is
// asked once. Any thread.
class SpareBlock {
 public:
  // A kept block is not zeroed.
  void* Take(size_t bytes) {
    void* block = block_.exchange(nullptr, std::memory_order_acquire);
    return block == nullptr ? Allocate(bytes) : block;
  }
  void Give(void* block) { Free(block_.exchange(block, std::memory_order_acq_rel)); }

 private:
  std::atomic<void*> block_{nullptr};
};

// A type with a static member `spare` keeps one.
template <typename T>
concept KeepsSpare = requires { T::spare; };

template <typename T>
void* AllocateFor() {
  if constexpr (KeepsSpare<T>) {
    return T::spare.Take(sizeof(T));
  } else {
    return Allocate(sizeof(T));
  }
}

template <typename T, typename... Arguments>
T* New(Arguments&&... arguments) {
  void* memory = AllocateFor<T>();
  return memory == nullptr ? nullptr : new (memory) T(std::forward<Arguments>(arguments)...);
}

template <typename T>
void Delete(T* object) {
  if (object != nullptr) {
    object->~T();
    if constexpr (KeepsSpare<T>) {
      T::spare.Give(object);
    } else {
      Free(object);
    }
  }
}

// An owned, fixed-size run of bytes.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0u)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { Free(data_); }

  [[nodiscard]] bool Resize(size_t bytes) {
    Free(data_);
    data_ = static_cast<uint8_t*>(Allocate(bytes == 0 ? 1 : bytes));
    size_ = data_ == nullptr ? 0 : static_cast<uint32_t>(bytes);
    return data_ != nullptr;
  }
  // Gives up the bytes behind the first `bytes`.
  void Truncate(size_t bytes) {
    if (bytes < size_) {
      size_ = static_cast<uint32_t>(bytes);
    }
  }
  void Clear() {
    Free(data_);
    data_ = nullptr;
    size_ = 0;
  }
  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  uint32_t size() const { return size_; }

 private:
  uint8_t* data_ = nullptr;
  uint32_t size_ = 0;
};

// As Buffer, but `kInline` bytes need no allocation, and it stays where it is.
template <uint32_t kInline>
class InlineBuffer {
 public:
  InlineBuffer() = default;
  InlineBuffer(const InlineBuffer&) = delete;
  InlineBuffer& operator=(const InlineBuffer&) = delete;

  // The bytes are not zeroed.
  [[nodiscard]] bool Resize(size_t bytes) {
    size_ = static_cast<uint32_t>(bytes);
    return bytes <= kInline || large_.Resize(bytes);
  }
  uint8_t* data() { return size_ <= kInline ? small_ : large_.data(); }
  const uint8_t* data() const { return size_ <= kInline ? small_ : large_.data(); }
  uint32_t size() const { return size_; }

 private:
  uint32_t size_ = 0;
  alignas(8) uint8_t small_[kInline];
  Buffer large_;
};

// Base of objects that several threads hold; the last Release deletes. Starts with one reference.
template <typename T>
class Counted {
 public:
  // Nobody else has a reference. Of use to whoever knows that no more are given out.
  bool IsSole() const { return references_.load(std::memory_order_acquire) == 1; }
  void AddRef() { references_.fetch_add(1, std::memory_order_relaxed); }
  void Release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      Delete(static_cast<T*>(this));
    }
  }

 private:
  std::atomic<uint32_t> references_{1};
};

template <typename T>
class Ref {
 public:
  Ref() = default;
  // Takes over the one reference of a new object.
  static Ref Adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  explicit Ref(T* object) : object_(object) {
    if (object_ != nullptr) {
      object_->AddRef();
    }
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) {
      object_->Release();
    }
  }
  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  void Reset() { *this = Ref(); }
  // Gives the reference to the caller.
  [[nodiscard]] T* Detach() { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

template <typename T, typename... Arguments>
Ref<T> MakeRef(Arguments&&... arguments) {
  return Ref<T>::Adopt(New<T>(std::forward<Arguments>(arguments)...));
}

class ExclusiveLock {
 public:
  explicit ExclusiveLock(SRWLOCK* lock) : lock_(lock) { AcquireSRWLockExclusive(lock_); }
  ~ExclusiveLock() { Unlock(); }
  ExclusiveLock(const ExclusiveLock&) = delete;
  ExclusiveLock& operator=(const ExclusiveLock&) = delete;
  void Unlock() {
    if (lock_ != nullptr) {
      ReleaseSRWLockExclusive(std::exchange(lock_, nullptr));
    }
  }

 private:
  SRWLOCK* lock_;
};

class SharedLock {
 public:
  explicit SharedLock(SRWLOCK* lock) : lock_(lock) { AcquireSRWLockShared(lock_); }
  ~SharedLock() { ReleaseSRWLockShared(lock_); }
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;

 private:
  SRWLOCK* lock_;
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_MEMORY_H_
