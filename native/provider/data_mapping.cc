// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See data_mapping.h. The view is read through guarded copies alone: the file's folder belongs to
// the host's account, and what it maps may become unreadable.
#include "data_mapping.h"

#include <cstring>

#include "guarded_copy.h"

namespace nsp {
namespace {

constexpr size_t kMaxDigits = 10;
constexpr wchar_t kFolder[] = L"data\\";
constexpr size_t kFolderChars = sizeof(kFolder) / sizeof(wchar_t) - 1;
constexpr size_t kMaxDataPath = kMaxPathChars + kFolderChars + 1 + kMaxDigits;

// "<folder>\data\<name>.<number>" of "<folder>\<name>", which has less than kMaxPathChars.
void MakeDataPath(const wchar_t* control_path, uint32_t number, wchar_t* path) {
  size_t length = 0;
  size_t folder = 0;
  for (; control_path[length] != 0; ++length) {
    if (control_path[length] == L'\\') {
      folder = length + 1;
    }
  }
  wchar_t digits[kMaxDigits];
  size_t at = kMaxDigits;
  for (; number != 0; number /= 10) {
    digits[--at] = static_cast<wchar_t>(L'0' + number % 10);
  }
  auto put = [&path](const wchar_t* text, size_t chars) {
    std::memcpy(path, text, chars * sizeof(wchar_t));
    path += chars;
  };
  put(control_path, folder);
  put(kFolder, kFolderChars);
  put(control_path + folder, length - folder);
  put(L".", 1);
  put(digits + at, kMaxDigits - at);
  *path = 0;
}

bool ReadView(const void* view, size_t offset, void* to, size_t bytes) {
  return GuardedCopy(to, static_cast<const uint8_t*>(view) + offset, bytes);
}

}  // namespace

Ref<DataMapping> DataMapping::Open(const wchar_t* control_path, uint32_t number) {
  wchar_t path[kMaxDataPath + 1];
  MakeDataPath(control_path, number, path);
  UniqueFile file(CreateFileW(path, GENERIC_READ,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                              OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  LARGE_INTEGER size = {};
  if (!file || !GetFileSizeEx(file.get(), &size) || size.QuadPart < kMinDataBytes ||
      size.QuadPart > kMaxDataBytes) {
    return {};
  }
  UniqueHandle section(CreateFileMappingW(file.get(), nullptr, PAGE_READONLY, 0, 0, nullptr));
  if (!section) {
    return {};
  }
  const auto bytes = static_cast<uint32_t>(size.QuadPart);
  UniqueView view(MapViewOfFile(section.get(), FILE_MAP_READ, 0, 0, bytes));
  if (!view) {
    return {};
  }
  const DataSource source = {ReadView, view.get()};
  Ref<DataMapping> mapping = MakeRef<DataMapping>(std::move(view));
  return mapping && mapping->reader_.Open(source, bytes, number) ? mapping : Ref<DataMapping>();
}

void DataMapping::FetchAhead(uint32_t hash) const {
  constexpr uint32_t kLine = 64;
  const uint32_t offset = reader_.First(hash);
  if (offset == 0) {
    return;
  }
  for (uint32_t at = offset; at <= offset + kLeastRoom; at += kLine) {
    PreFetchCacheLine(PF_TEMPORAL_LEVEL_1, static_cast<const char*>(view_.get()) + at);
  }
}

bool PublishedRecord::Find(const DataReader& reader, const DataSearch& search) {
  constexpr int kTries = 3;  // the file may change under a search
  DataFound result = reader.Find(search, small_, sizeof(small_), &found_);
  for (int i = 1; i < kTries && result == DataFound::kNeedsRoom; ++i) {
    if (!large_.Resize(found_.need)) {
      return false;
    }
    result = reader.Find(search, large_.data(), large_.size(), &found_);
  }
  return result == DataFound::kYes;
}

}  // namespace nsp
