// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What every fuzz target is made with: a tape that turns the fuzzer's bytes into choices, and
// REQUIRE, which ends the program where a promise is broken. The bytes are the program's input, so
// a small change of them is a small change of what is made.
#ifndef WINSOCK_NSP_TEST_FUZZ_TAPE_H_
#define WINSOCK_NSP_TEST_FUZZ_TAPE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "block.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace fuzz {

[[noreturn]] inline void Broken(const char* promise, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken: %s\n", file, line, promise);
  std::abort();
}

// The fuzzer's bytes, taken from the front; behind their end there are zeros.
class Tape {
 public:
  Tape(const uint8_t* data, size_t size) : at_(data), left_(size) {}

  template <typename T>
  T Take() {
    T value = {};
    const size_t size = std::min(left_, sizeof(value));
    if (size != 0) std::memcpy(&value, at_, size);
    at_ += size;
    left_ -= size;
    return value;
  }
  uint8_t Byte() { return Take<uint8_t>(); }
  uint32_t Below(uint32_t limit) { return Byte() % limit; }
  bool Chance() { return (Byte() & 1) != 0; }

  // A length that is small or, rarely, since it costs time, close to `limit` on either side of it.
  uint32_t Length(uint32_t limit) {
    const uint32_t byte = Byte();
    if (byte != 'l' || Byte() != 'o' || Byte() != 'n' || Byte() != 'g')
      return std::min(byte, limit);
    return limit + 4 - Below(9);
  }

  // Up to 16 bytes of the tape, again and again.
  std::vector<uint8_t> Run(size_t bytes) {
    std::vector<uint8_t> run(bytes);
    const size_t fresh = std::min({bytes, left_, size_t{16}});
    if (fresh == 0) return run;
    std::memcpy(run.data(), at_, fresh);
    at_ += fresh;
    left_ -= fresh;
    for (size_t done = fresh; done < bytes; done *= 2)
      std::memcpy(&run[done], run.data(), std::min(done, bytes - done));
    return run;
  }

  // Overwrites a few words of what was made.
  void Lie(uint8_t* bytes, size_t size) {
    for (uint32_t lies = Below(4); lies != 0 && size >= 4; --lies) {
      const size_t offset = Take<uint16_t>() % (size - 3);
      const auto word = Take<uint32_t>();
      std::memcpy(bytes + offset, &word, sizeof(word));
    }
  }

  const uint8_t* rest() const { return at_; }
  size_t left() const { return left_; }

 private:
  const uint8_t* at_;
  size_t left_;
};

// Bytes in a block of their own, so that one too many is noticed.
class Exact {
 public:
  explicit Exact(size_t size) : bytes_(new uint8_t[size]), size_(size) {}
  Exact(const void* data, size_t size) : Exact(size) {
    if (size != 0) std::memcpy(bytes_.get(), data, size);
  }
  uint8_t* data() const { return bytes_.get(); }
  size_t size() const { return size_; }

 private:
  std::unique_ptr<uint8_t[]> bytes_;
  size_t size_;
};

inline bool Same(const nsp::Bytes& a, const nsp::Bytes& b) {
  return a.size == b.size && (a.size == 0 || std::memcmp(a.data, b.data, a.size) == 0);
}

inline nsp::Bytes View(const std::vector<uint8_t>& bytes) {
  return {bytes.data(), static_cast<uint32_t>(bytes.size())};
}

}  // namespace fuzz

#define REQUIRE(promise) \
  ((promise) ? static_cast<void>(0) : fuzz::Broken(#promise, __FILE__, __LINE__))

#endif  // WINSOCK_NSP_TEST_FUZZ_TAPE_H_
