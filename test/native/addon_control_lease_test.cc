// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Tests of control_lease.h on files in the user's temporary folder.
#include "control_lease.h"

#include <memory>

#include "check.h"
#include "control_writer.h"

namespace {

constexpr wchar_t kSddl[] = L"O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;WD)";
constexpr wchar_t kPipe[] = L"\\\\.\\pipe\\winsock-nsp-test";

// A path of its own for each test, without a file.
std::wstring FreshPath(const wchar_t* name) {
  wchar_t folder[MAX_PATH];
  GetTempPathW(MAX_PATH, folder);
  const std::wstring path = std::wstring(folder) + L"nsp-control-lease-" + name;
  DeleteFileW(path.c_str());
  return path;
}

void Publish(nsp::ControlLease* lease, uint8_t revision) {
  auto filter = std::make_unique<nsp::ControlFilter>();
  *filter = {};
  filter->entry_count = 1;
  filter->revision[0] = revision;
  lease->Publish(filter.get(), kPipe);
}

uint32_t Global(const nsp::ControlLease& lease) {
  return nsp::ReadCounter(*lease.file(), nsp::kCounterGlobal);
}

bool WriteBytes(const std::wstring& path, size_t bytes) {
  nsp::UniqueFile file(
      CreateFileW(path.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, 0, nullptr));
  const std::string text(bytes, 'x');
  DWORD written = 0;
  return WriteFile(file.get(), text.data(), static_cast<DWORD>(bytes), &written, nullptr) != 0;
}

}  // namespace

TEST(FileIsMadeOnceAndTakenOver) {
  const std::wstring path = FreshPath(L"made");
  CHECK(!nsp::ReadControl(path));
  CHECK(nsp::CreateControl(path, kSddl).ok());
  nsp::ControlLease lease;
  CHECK(lease.Open(path).ok());
  nsp::BumpCounter(lease.file(), 9);
  CHECK(nsp::RetireControl(path).ok());
  CHECK(nsp::ReadControl(path)->retired);
  CHECK(nsp::CreateControl(path, kSddl).ok());
  CHECK(!nsp::ReadControl(path)->retired);
  CHECK_EQUAL(nsp::ReadCounter(*lease.file(), 9), 1);
}

TEST(ForeignFilesAreRefusedAndKept) {
  const std::wstring path = FreshPath(L"foreign");
  for (const size_t bytes : {size_t{100}, size_t{nsp::kControlBytes}}) {
    CHECK(WriteBytes(path, bytes));
    CHECK(!nsp::CreateControl(path, kSddl).ok());
    CHECK(!nsp::ReadControl(path));
    nsp::ControlLease lease;
    CHECK(!lease.Open(path).ok());
    WIN32_FILE_ATTRIBUTE_DATA data = {};
    GetFileAttributesExW(path.c_str(), GetFileExInfoStandard, &data);
    CHECK_EQUAL(data.nFileSizeLow, bytes);
  }
}

TEST(OneHolderAtATime) {
  const std::wstring path = FreshPath(L"holder");
  CHECK(nsp::CreateControl(path, kSddl).ok());
  nsp::ControlLease second;
  CHECK(second.Open(path).ok());
  {
    nsp::ControlLease first;
    CHECK(first.Open(path).ok());
    CHECK(first.Lock().ok());
    CHECK_EQUAL(second.Lock().code, ERROR_LOCK_VIOLATION);
  }
  CHECK(second.Lock().ok());
}

TEST(PublishingSaysWhoServes) {
  const std::wstring path = FreshPath(L"publish");
  CHECK(nsp::CreateControl(path, kSddl).ok());
  nsp::ControlLease lease;
  CHECK(lease.Open(path).ok() && lease.Lock().ok());
  Publish(&lease, 0);
  const auto state = nsp::ReadControl(path);
  CHECK_EQUAL(state->epoch, 1);
  CHECK_EQUAL(state->host_pid, GetCurrentProcessId());
  CHECK(state->pipe_name == kPipe);
  const nsp::ControlFilter& filter = lease.file()->filter;
  CHECK_EQUAL(filter.js_thread_count, 1);
  CHECK_EQUAL(filter.js_threads[0], GetCurrentThreadId());
  CHECK(filter.host_start_time != 0);
}

TEST(OnlyTheSameRevisionIsNoChange) {
  const std::wstring path = FreshPath(L"revision");
  CHECK(nsp::CreateControl(path, kSddl).ok());
  nsp::ControlLease lease;
  CHECK(lease.Open(path).ok() && lease.Lock().ok());
  Publish(&lease, 0);
  CHECK_EQUAL(Global(lease), 1);
  Publish(&lease, 0);
  CHECK_EQUAL(Global(lease), 2);
  Publish(&lease, 5);
  CHECK_EQUAL(Global(lease), 3);
  Publish(&lease, 5);
  CHECK_EQUAL(Global(lease), 3);
  Publish(&lease, 6);
  CHECK_EQUAL(Global(lease), 4);
  CHECK_EQUAL(nsp::ReadCounter(*lease.file(), nsp::kCounterAny), 4);
  CHECK_EQUAL(nsp::ReadControl(path)->epoch, 5);
}
