// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A host with data files beside its control file. What is published has another name than what the
// host answers, so that a test sees who it was.
#ifndef WINSOCK_NSP_TEST_NATIVE_PUBLISHED_HOST_H_
#define WINSOCK_NSP_TEST_NATIVE_PUBLISHED_HOST_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "data_file_builder.h"
#include "provider_host.h"

inline constexpr wchar_t kName[] = L"one.nsp.test";
inline constexpr char16_t kKeyText[] = u"one.nsp.test";

struct Ask {
  std::wstring name = kName;
  DWORD flags = LUP_RETURN_NAME;
  uint32_t entry = kPlain;
  std::wstring query_string = {};  // "": none
};

class PublishedHost {
 public:
  PublishedHost() {
    host_ = std::make_unique<Host>([this](const Arrived& arrived) { return React(arrived); });
    const size_t slash = host_->control_path().rfind(L'\\') + 1;
    const std::wstring folder = host_->control_path().substr(0, slash) + L"data";
    CreateDirectoryW(folder.c_str(), nullptr);
    prefix_ = folder + L"\\" + host_->control_path().substr(slash) + L".";
  }
  ~PublishedHost() {
    host_.reset();  // nobody maps them any more
    for (const std::wstring& path : written_)
      DeleteFileW(path.c_str());
  }

  Host& operator*() { return *host_; }
  Host* operator->() { return host_.get(); }

  std::wstring PathOf(uint32_t number) const { return prefix_ + std::to_wstring(number); }

  void Write(uint32_t number, const Block& bytes) {
    const std::wstring path = PathOf(number);
    const nsp::UniqueFile file(CreateFileW(path.c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr,
                                           CREATE_ALWAYS, 0, nullptr));
    DWORD written = 0;
    WriteFile(file.get(), bytes.data(), static_cast<DWORD>(bytes.size()), &written, nullptr);
    written_.insert(path);
  }
  void SetToday(uint32_t number) {
    std::atomic_ref<uint32_t>(host_->control()->data_file).store(number);
  }
  // Writes a file under its own number and makes it today's.
  void Publish(const DataFileBuilder& file) {
    Write(file.head().number, file.bytes);
    SetToday(file.head().number);
  }

  HANDLE Begin(const Ask& ask = {}) {
    GUID id = kEntries[ask.entry];
    std::wstring name = ask.name;
    std::wstring query_string = ask.query_string;
    WSAQUERYSETW query = {};
    query.dwSize = sizeof(query);
    query.dwNameSpace = kNameSpaces[ask.entry];
    query.lpszServiceInstanceName = name.data();
    if (!query_string.empty()) query.lpszQueryString = query_string.data();
    HANDLE lookup = nullptr;
    const INT failed =
        host_->table().NSPLookupServiceBegin(&id, &query, nullptr, ask.flags, &lookup);
    return failed != 0 ? nullptr : lookup;
  }
  void End(HANDLE lookup) { host_->table().NSPLookupServiceEnd(lookup); }

  // The name of the first result, or the code in its place.
  std::wstring Look(const Ask& ask = {}) {
    HANDLE lookup = Begin(ask);
    if (lookup == nullptr) return L"Begin " + std::to_wstring(GetLastError());
    const Step step = NextResult(*host_, lookup);
    End(lookup);
    return step.code == 0 ? step.name : std::to_wstring(step.code);
  }

  // Runs while a call waits for its answer, on the host's thread.
  std::function<void()> before_answer = [] {};

  // The block of the last query that came.
  Block last_query() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return last_query_;
  }

 private:
  Reaction React(const Arrived& arrived) {
    if (arrived.header.kind != nsp::kFrameNext) return {ReplyOf(0)};
    before_answer();
    const std::lock_guard<std::mutex> lock(mutex_);
    last_query_.assign(arrived.body.begin() + sizeof(nsp::NextBody), arrived.body.end());
    return {Batch(0, {Item(L"host", 0)}), nsp::kFrameLastBatch};
  }

  std::mutex mutex_;
  Block last_query_;
  std::unique_ptr<Host> host_;
  std::wstring prefix_;
  std::set<std::wstring> written_;
};

inline DataFileBuilder FileWithName(uint32_t number, const std::vector<Block>& blocks) {
  DataFileBuilder file(number);
  file.Add({.key = KeyOf(kKeyText), .blocks = blocks});
  return file;
}

#endif  // WINSOCK_NSP_TEST_NATIVE_PUBLISHED_HOST_H_
