// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Tests of control_writer.h.
#include "control_writer.h"

#include <atomic>
#include <cstring>
#include <memory>
#include <thread>

#include "check.h"

namespace {

constexpr int kTries = 100000;

std::unique_ptr<nsp::ControlFile> NewFile() {
  auto file = std::make_unique<nsp::ControlFile>();
  std::memset(file.get(), 0, sizeof(*file));
  nsp::InitializeControl(file.get());
  return file;
}

}  // namespace

TEST(FreshFileHasAHeadAndNoFilter) {
  const auto file = NewFile();
  nsp::ControlFilter filter = {};
  CHECK_EQUAL(file->magic, nsp::kControlMagic);
  CHECK_EQUAL(file->version, nsp::kControlVersion);
  CHECK_EQUAL(file->bytes, nsp::kControlBytes);
  CHECK(!nsp::ReadControlFilter(*file, kTries, &filter));
}

TEST(WrittenFilterIsRead) {
  const auto file = NewFile();
  nsp::ControlFilter filter = {};
  filter.epoch = 3;
  filter.pool[nsp::kPatternPoolChars - 1] = 77;
  nsp::WriteControlFilter(file.get(), filter);
  CHECK_EQUAL(file->sequence, 2);
  nsp::ControlFilter read = {};
  CHECK(nsp::ReadControlFilter(*file, kTries, &read));
  CHECK(std::memcmp(&read, &filter, sizeof(filter)) == 0);
}

TEST(SequenceLeftOddIsRefusedThenCarriedOn) {
  const auto file = NewFile();
  nsp::ControlFilter filter = {};
  file->sequence = 7;
  CHECK(!nsp::ReadControlFilter(*file, 100, &filter));
  nsp::WriteControlFilter(file.get(), filter);
  CHECK_EQUAL(file->sequence, 10);
}

TEST(SequenceNeverBecomesZero) {
  const auto file = NewFile();
  file->sequence = 0xfffffffe;
  nsp::WriteControlFilter(file.get(), nsp::ControlFilter{});
  CHECK_EQUAL(file->sequence, 2);
}

// A filter is never seen in part: all its numbers are of one writing.
TEST(ReadersSeeWholeFilters) {
  const auto file = NewFile();
  auto filter = std::make_unique<nsp::ControlFilter>();
  nsp::WriteControlFilter(file.get(), *filter);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (uint32_t i = 1; !stop; ++i) {
      filter->epoch = i;
      for (uint32_t& code : filter->codes)
        code = i;
      filter->pool_chars = i;
      nsp::WriteControlFilter(file.get(), *filter);
      std::this_thread::yield();
    }
  });
  int torn = 0;
  int reads = 0;
  auto read = std::make_unique<nsp::ControlFilter>();
  while (reads < 200) {
    if (!nsp::ReadControlFilter(*file, kTries, read.get())) continue;
    ++reads;
    if (read->codes[0] != read->epoch || read->pool_chars != read->epoch) ++torn;
  }
  stop = true;
  writer.join();
  CHECK_EQUAL(torn, 0);
}

TEST(CountersLoseNoIncrement) {
  const auto file = NewFile();
  const auto bump = [&] {
    for (int i = 0; i < 10000; ++i)
      nsp::BumpCounter(file.get(), nsp::kCounterCount - 1);
  };
  std::thread other(bump);
  bump();
  other.join();
  CHECK_EQUAL(nsp::ReadCounter(*file, nsp::kCounterCount - 1), 20000);
  CHECK_EQUAL(nsp::ReadCounter(*file, 0), 0);
}

TEST(RetiredComesAndGoes) {
  const auto file = NewFile();
  CHECK(!nsp::IsRetired(*file));
  nsp::SetRetired(file.get(), true);
  CHECK(nsp::IsRetired(*file));
  nsp::SetRetired(file.get(), false);
  CHECK(!nsp::IsRetired(*file));
}
