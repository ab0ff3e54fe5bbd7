// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See bytes.h.
#include "bytes.h"

namespace faulty {

void ByteWriter::Number(uint32_t value) {
  const auto* raw = reinterpret_cast<const uint8_t*>(&value);
  bytes_.insert(bytes_.end(), raw, raw + sizeof(value));
}

void ByteWriter::Run(const void* data, size_t size) {
  Number(static_cast<uint32_t>(size));
  const auto* raw = static_cast<const uint8_t*>(data);
  bytes_.insert(bytes_.end(), raw, raw + size);
}

void ByteWriter::Text(const std::wstring& text) {
  Run(text.data(), text.size() * sizeof(wchar_t));
}

uint32_t ByteReader::Number() {
  uint32_t value = 0;
  if (!ok_ || bytes_.size() - at_ < sizeof(value)) {
    ok_ = false;
    return 0;
  }
  std::memcpy(&value, bytes_.data() + at_, sizeof(value));
  at_ += sizeof(value);
  return value;
}

Bytes ByteReader::Run() {
  const uint32_t size = Number();
  if (!ok_ || bytes_.size() - at_ < size) {
    ok_ = false;
    return {};
  }
  Bytes run(bytes_.begin() + static_cast<ptrdiff_t>(at_),
            bytes_.begin() + static_cast<ptrdiff_t>(at_ + size));
  at_ += size;
  return run;
}

std::wstring ByteReader::Text() {
  const Bytes run = Run();
  return std::wstring(reinterpret_cast<const wchar_t*>(run.data()), run.size() / sizeof(wchar_t));
}

}  // namespace faulty
