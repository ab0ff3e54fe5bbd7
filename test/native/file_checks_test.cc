// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Control file and sidecar as untrusted input: sound ones pass, and each single lie is refused.
#include "file_checks.h"

#include <cstring>
#include <functional>
#include <memory>

#include "check.h"

namespace {

template <size_t N>
void Text(uint16_t (&to)[N], const char16_t* text) {
  for (size_t i = 0; text[i] != 0; ++i)
    to[i] = static_cast<uint16_t>(text[i]);
}

std::unique_ptr<nsp::ControlFilter> Sound() {
  auto filter = std::make_unique<nsp::ControlFilter>();
  std::memset(filter.get(), 0, sizeof(*filter));
  filter->entry_count = 1;
  filter->pattern_count = 1;
  filter->pool_chars = 7;
  filter->patterns[0] = {nsp::kPatternSuffix, 1, 0, 7};
  Text(filter->pipe_name, u"\\\\.\\pipe\\winsock-nsp-0");
  return filter;
}

nsp::Sidecar SoundSidecar() {
  nsp::Sidecar sidecar = {};
  sidecar.magic = nsp::kSidecarMagic;
  sidecar.version = nsp::kSidecarVersion;
  sidecar.bytes = sizeof(sidecar);
  sidecar.guid_count = 2;
  sidecar.sid_bytes = 12;
  sidecar.host_sid[0] = 1;
  sidecar.host_sid[1] = 1;
  Text(sidecar.control_path, u"C:\\control-1.bin");
  return sidecar;
}

void Refused(const std::function<void(nsp::ControlFilter*)>& lie) {
  auto filter = Sound();
  lie(filter.get());
  CHECK(!nsp::CheckControlFilter(*filter));
}

void RefusedSidecar(const std::function<void(nsp::Sidecar*)>& lie) {
  nsp::Sidecar sidecar = SoundSidecar();
  lie(&sidecar);
  CHECK(!nsp::CheckSidecar(sidecar, sizeof(sidecar)));
}

}  // namespace

TEST(a_sound_filter_passes) {
  CHECK(nsp::CheckControlFilter(*Sound()));
}

TEST(counts_and_offsets_are_bounded) {
  Refused([](auto* filter) { filter->entry_count = 0; });
  Refused([](auto* filter) { filter->entry_count = nsp::kMaxEntries + 1; });
  Refused([](auto* filter) { filter->pattern_count = nsp::kMaxPatterns + 1; });
  Refused([](auto* filter) { filter->block_count = nsp::kMaxBlocks + 1; });
  Refused([](auto* filter) { filter->class_count = 0xffffffff; });
  Refused([](auto* filter) { filter->code_count = nsp::kMaxCodes + 1; });
  Refused([](auto* filter) { filter->js_thread_count = nsp::kMaxJsThreads + 1; });
  Refused([](auto* filter) { filter->pool_chars = nsp::kPatternPoolChars + 1; });
  Refused([](auto* filter) { filter->patterns[0].length = 8; });
  Refused([](auto* filter) { filter->patterns[0].offset = 0xffff; });
  Refused([](auto* filter) { filter->patterns[0].kind = 3; });
  Refused([](auto* filter) {
    filter->block_count = 1;
    filter->blocks[0].family = 4;
    filter->blocks[0].prefix = 33;
  });
}

TEST(only_a_local_pipe_is_a_pipe) {
  const char16_t* names[] = {u"", u"\\\\server\\pipe\\x", u"C:\\x", u"\\\\.\\pipe\\",
                             u"\\\\.\\pipe\\..\\x"};
  for (const char16_t* name : names) {
    Refused([name](auto* filter) {
      std::memset(filter->pipe_name, 0, sizeof(filter->pipe_name));
      Text(filter->pipe_name, name);
    });
  }
  Refused([](auto* filter) {
    for (uint16_t& unit : filter->pipe_name) {
      if (unit == 0) unit = 'x';  // no terminator
    }
  });
}

TEST(head_of_another_layout_is_refused) {
  CHECK(nsp::CheckControlHead(nsp::kControlMagic, nsp::kControlVersion, nsp::kControlBytes));
  CHECK(!nsp::CheckControlHead(nsp::kControlMagic + 1, nsp::kControlVersion, nsp::kControlBytes));
  CHECK(!nsp::CheckControlHead(nsp::kControlMagic, nsp::kControlVersion + 1, nsp::kControlBytes));
  CHECK(!nsp::CheckControlHead(nsp::kControlMagic, nsp::kControlVersion, nsp::kControlBytes - 1));
}

TEST(a_sidecar_is_whole_and_sound) {
  nsp::Sidecar sidecar = SoundSidecar();
  CHECK(nsp::CheckSidecar(sidecar, sizeof(sidecar)));
  CHECK(!nsp::CheckSidecar(sidecar, sizeof(sidecar) - 1));
  RefusedSidecar([](auto* one) { one->magic = 0; });
  RefusedSidecar([](auto* one) { one->version += 1; });
  RefusedSidecar([](auto* one) { one->guid_count = 0; });
  RefusedSidecar([](auto* one) { one->guid_count = nsp::kMaxEntries + 1; });
  RefusedSidecar([](auto* one) { one->sid_bytes = nsp::kMaxSidBytes + 4; });
  RefusedSidecar([](auto* one) { one->host_sid[1] = 15; });  // longer than sid_bytes
  RefusedSidecar([](auto* one) { one->control_path[0] = 0; });
  RefusedSidecar([](auto* one) {
    for (uint16_t& unit : one->control_path)
      unit = 'x';
  });
}
