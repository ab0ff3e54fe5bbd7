// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Class blocks, from bytes and made: a block that is read lies inside its bytes, and what is read
// and written again reads the same.
#include "class_info.h"

#include "blocks.h"

namespace {

using fuzz::Exact;
using fuzz::Same;
using fuzz::Tape;

// Every property is there, and written again by its parts it reads the same.
void WalkProperties(const nsp::ClassView& view) {
  nsp::Bytes rest = view.properties;
  nsp::PropertyView property;
  for (uint32_t i = 0; i < view.head.property_count; ++i) {
    const uint32_t before = rest.size;
    REQUIRE(nsp::NextProperty(&rest, &property));
    const size_t size = nsp::MeasureProperty(property);
    REQUIRE(size == before - rest.size);
    const Exact written(size);
    nsp::WriteProperty(property, written.data());
    nsp::Bytes again = {written.data(), static_cast<uint32_t>(size)};
    nsp::PropertyView same;
    REQUIRE(nsp::NextProperty(&again, &same) && again.size == 0);
    REQUIRE(std::memcmp(&property.head, &same.head, sizeof(same.head)) == 0);
    REQUIRE(Same(property.name, same.name) && Same(property.value, same.value));
  }
  REQUIRE(!nsp::NextProperty(&rest, &property));
}

void RoundTrip(const nsp::ClassView& view) {
  const size_t size = nsp::MeasureClassInfo(view);
  REQUIRE(size != 0);
  const Exact block(size);
  nsp::WriteClassInfo(view, block.data());
  nsp::ClassView again;
  REQUIRE(nsp::ReadClassInfo(block.data(), size, &again));
  REQUIRE(again.head.size == size && again.head.property_count == view.head.property_count);
  REQUIRE(std::memcmp(view.head.service_class, again.head.service_class, 16) == 0);
  REQUIRE(Same(view.name, again.name) && Same(view.properties, again.properties));
  REQUIRE(!nsp::ReadClassInfo(block.data(), size - 1, &again));
}

void Read(const uint8_t* data, size_t size) {
  nsp::ClassView view;
  if (!nsp::ReadClassInfo(data, size, &view)) return;
  REQUIRE(view.head.size <= size);
  WalkProperties(view);
  // A block may be larger than what a frame has room for; that one is not written.
  if (view.head.size > nsp::kMaxFrameBytes) return;
  REQUIRE(nsp::MeasureClassInfo(view) == view.head.size);
  RoundTrip(view);
}

void Make(Tape* tape) {
  const fuzz::MadeClass made(tape);
  std::vector<uint8_t> block = made.Block();
  REQUIRE(made.sound || block.empty());
  if (block.empty()) {
    REQUIRE(!made.sound || made.properties.size() > nsp::kMaxFrameBytes / 2);
    return;
  }
  RoundTrip(made.view);
  tape->Lie(block.data(), block.size());
  const Exact exact(block.data(), block.size());
  Read(exact.data(), exact.size());
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Tape tape(data, size);
  if (tape.Chance()) {
    Make(&tape);
  } else {
    Read(tape.rest(), tape.left());
  }
  return 0;
}
