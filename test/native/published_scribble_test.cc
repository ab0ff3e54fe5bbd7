// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Random bytes over a data file while threads read it: what they get is what was published or what
// the host says, never anything else.
#include <random>

#include "check.h"
#include "published_host.h"

namespace {

constexpr int kThreads = 4;
constexpr int kNames = 16;
constexpr int kRounds = 1500;

std::wstring NameOf(int i) {
  return L"n" + std::to_wstring(i) + L".nsp.test";
}
std::wstring ResultOf(int i) {
  return L"published-" + std::to_wstring(i);
}

DataFileBuilder MakeFile() {
  DataFileBuilder file(1, 4);
  for (int i = 0; i < kNames; ++i) {
    const std::wstring name = NameOf(i);
    file.Add(
        {.key = KeyOf(std::u16string(name.begin(), name.end())), .blocks = {Item(ResultOf(i), 0)}});
  }
  return file;
}

// Today's file, writable.
class Scribble {
 public:
  explicit Scribble(const std::wstring& path)
      : file_(CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE,
                          FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                          OPEN_EXISTING, 0, nullptr)),
        section_(CreateFileMappingW(file_.get(), nullptr, PAGE_READWRITE, 0, 0, nullptr)),
        view_(MapViewOfFile(section_.get(), FILE_MAP_WRITE, 0, 0, 0)) {}
  // volatile: other threads read meanwhile.
  volatile uint8_t* bytes() { return static_cast<volatile uint8_t*>(view_.get()); }

 private:
  nsp::UniqueFile file_;
  nsp::UniqueHandle section_;
  nsp::UniqueView view_;
};

struct Tally {
  std::atomic<int> published{0};
  std::atomic<int> asked{0};
  std::atomic<int> wrong{0};
};

// Each thread has names of its own: in the host's process nobody asks the same twice at once.
void LookOn(PublishedHost* host, uint32_t thread, const std::atomic<bool>* stop, Tally* tally) {
  std::mt19937 random(thread);
  while (!*stop) {
    const auto i = static_cast<int>(random() % (kNames / kThreads) * kThreads + thread);
    const std::wstring got = host->Look({.name = NameOf(i)});
    if (got == ResultOf(i))
      ++tally->published;
    else if (got == L"host")
      ++tally->asked;
    else if (++tally->wrong == 1)
      std::printf("  %ls\n", got.c_str());
  }
}

}  // namespace

TEST(random_bytes_bring_no_wrong_answer) {
  const DataFileBuilder whole = MakeFile();
  const uint32_t used = whole.head().used;
  PublishedHost host;
  host.Publish(whole);
  CHECK(host.Look({.name = NameOf(0)}) == ResultOf(0));
  Scribble scribble(host.PathOf(1));
  CHECK(scribble.bytes() != nullptr);
  if (scribble.bytes() == nullptr) return;
  std::atomic<bool> stop{false};
  Tally tally;
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kThreads; ++i)
    threads.emplace_back(LookOn, &host, i, &stop, &tally);
  std::mt19937 random(20260101);
  // Until both ways were gone often enough, so that the test says something.
  const auto enough = [&] { return tally.published > 200 && tally.asked > 200; };
  const uint64_t give_up = GetTickCount64() + 60000;
  for (int round = 0; round < kRounds || (!enough() && GetTickCount64() < give_up); ++round) {
    const size_t length = 1 + random() % (round % 3 == 0 ? 4 : 2048);
    const size_t from = random() % used;
    for (size_t at = from; at < from + length && at < whole.bytes.size(); ++at)
      scribble.bytes()[at] = static_cast<uint8_t>(random());
    SwitchToThread();
    if (round % 2 == 0) continue;
    // Whole again.
    for (size_t at = 0; at < whole.bytes.size(); ++at)
      scribble.bytes()[at] = whole.bytes[at];
    SwitchToThread();
  }
  stop = true;
  for (std::thread& thread : threads)
    thread.join();
  CHECK_EQUAL(tally.wrong.load(), 0);
  CHECK(tally.published > 200);
  CHECK(tally.asked > 200);
}
