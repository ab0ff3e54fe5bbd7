// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The byte strings that travel between faulty.dll and faulty-host.exe: little-endian numbers and
// length-prefixed runs, written and read in one order. Every read is checked.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace faulty {

using Bytes = std::vector<uint8_t>;

class ByteWriter {
 public:
  void Number(uint32_t value);
  void Run(const void* data, size_t size);
  void Text(const std::wstring& text);
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(const Bytes& bytes) : bytes_(bytes) {}
  uint32_t Number();
  Bytes Run();
  std::wstring Text();
  // False once any read went past the end; the values read since then are empty.
  bool ok() const { return ok_; }

 private:
  const Bytes& bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace faulty
