// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Query-set blocks, from bytes and made: a block that is read lies inside its bytes, and what is
// read and written again reads the same.
#include "blocks.h"

namespace {

using fuzz::Exact;
using fuzz::Same;
using fuzz::Tape;

void SameView(const nsp::QuerySetView& a, const nsp::QuerySetView& b) {
  nsp::QuerySetHead head = a.head;
  head.size = b.head.size;
  REQUIRE(std::memcmp(&head, &b.head, sizeof(head)) == 0);
  REQUIRE(Same(a.name, b.name) && Same(a.comment, b.comment) && Same(a.context, b.context));
  REQUIRE(Same(a.query_string, b.query_string) && Same(a.blob, b.blob));
  REQUIRE(Same(a.aliases, b.aliases) && Same(a.protocols, b.protocols));
  REQUIRE(Same(a.addresses, b.addresses));
}

// Every address is there, and written again by its parts it reads the same.
void WalkAddresses(const nsp::QuerySetView& view) {
  nsp::Bytes rest = view.addresses;
  nsp::AddressView address;
  for (uint32_t i = 0; i < view.head.address_count; ++i) {
    const uint32_t before = rest.size;
    REQUIRE(nsp::NextAddress(&rest, &address));
    const size_t size = nsp::MeasureAddress(address);
    REQUIRE(size == before - rest.size);
    const Exact written(size);
    nsp::WriteAddress(address, written.data());
    nsp::Bytes again = {written.data(), static_cast<uint32_t>(size)};
    nsp::AddressView same;
    REQUIRE(nsp::NextAddress(&again, &same) && again.size == 0);
    REQUIRE(std::memcmp(&address.head, &same.head, sizeof(same.head)) == 0);
    REQUIRE(Same(address.local, same.local) && Same(address.remote, same.remote));
  }
  REQUIRE(!nsp::NextAddress(&rest, &address));
}

void RoundTrip(const nsp::QuerySetView& view) {
  const size_t size = nsp::MeasureQuerySet(view);
  REQUIRE(size != 0);
  const Exact block(size);
  nsp::WriteQuerySet(view, block.data());
  nsp::QuerySetView again;
  REQUIRE(nsp::ReadQuerySet(block.data(), size, &again));
  REQUIRE(again.head.size == size);
  SameView(view, again);
  const Exact twice(size);
  nsp::WriteQuerySet(again, twice.data());
  REQUIRE(std::memcmp(block.data(), twice.data(), size) == 0);
  REQUIRE(!nsp::ReadQuerySet(block.data(), size - 1, &again));
}

void Read(const uint8_t* data, size_t size) {
  nsp::QuerySetView view;
  if (nsp::ReadQuerySet(data, size, &view)) {
    REQUIRE(view.head.size <= size && nsp::MeasureQuerySet(view) == view.head.size);
    WalkAddresses(view);
    RoundTrip(view);
  }
  size_t bytes = 0;
  if (nsp::MeasureBlocks({data, static_cast<uint32_t>(size)}, 2, &bytes)) {
    REQUIRE(bytes <= size && view.head.size < bytes);
  }
}

void Make(Tape* tape) {
  const fuzz::MadeQuery made(tape);
  const size_t size = nsp::MeasureQuerySet(made.view);
  REQUIRE(made.sound || size == 0);
  REQUIRE(!made.sound || size != 0 || made.addresses.size() > nsp::kMaxBlobBytes / 2);
  nsp::AddressView large;
  large.local.size = tape->Length(nsp::kMaxSockaddrBytes);
  large.remote.size = tape->Length(nsp::kMaxSockaddrBytes);
  REQUIRE((nsp::MeasureAddress(large) != 0) == (large.local.size <= nsp::kMaxSockaddrBytes &&
                                                large.remote.size <= nsp::kMaxSockaddrBytes));
  if (size == 0) return;
  RoundTrip(made.view);
  // Two blocks, one behind the other, and then with words of them changed.
  std::vector<uint8_t> block = made.Block();
  const std::vector<uint8_t> copy = block;
  block.insert(block.end(), copy.begin(), copy.end());
  size_t bytes = 0;
  REQUIRE(nsp::MeasureBlocks(fuzz::View(block), 2, &bytes) && bytes == block.size());
  REQUIRE(!nsp::MeasureBlocks(fuzz::View(block), 3, &bytes));
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
