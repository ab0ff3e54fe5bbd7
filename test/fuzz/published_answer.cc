// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Answers that the DLL makes of records by itself: whatever the blocks of a record are, measuring
// and writing agree, nothing is written beyond the room, and the answer is a Batch body that fits a
// frame and that a client can read.
#include "published_answer.h"

#include "blocks.h"
#include "frame_check.h"

namespace {

using fuzz::Exact;
using fuzz::Tape;

void SoundBody(const Exact& body) {
  nsp::BatchBody head;
  std::memcpy(&head, body.data(), sizeof(head));
  const nsp::Bytes blocks = {body.data() + sizeof(head),
                             static_cast<uint32_t>(body.size() - sizeof(head))};
  size_t bytes = 0;
  REQUIRE(nsp::MeasureBlocks(blocks, head.count, &bytes) && bytes == blocks.size);
}

std::vector<uint8_t> Block(const nsp::QuerySetView& view) {
  std::vector<uint8_t> block(nsp::MeasureQuerySet(view));
  if (!block.empty()) nsp::WriteQuerySet(view, block.data());
  return block;
}

// The body has this one result.
void SameAsBody(const nsp::QuerySetView& query, uint32_t name_space,
                const nsp::PublishedBlocks& blocks, const nsp::QuerySetView& alone) {
  const size_t size = nsp::AnswerByName(query, name_space, blocks, {});
  if (size == 0) return;  // it fits no frame, but the caller's buffer perhaps
  const Exact body(size);
  REQUIRE(nsp::AnswerByName(query, name_space, blocks, {body.data(), size}) == size);
  nsp::BatchBody head;
  std::memcpy(&head, body.data(), sizeof(head));
  REQUIRE(head.status == 0 && head.count == 1);
  nsp::QuerySetView item;
  REQUIRE(nsp::ReadQuerySet(body.data() + sizeof(head), size - sizeof(head), &item));
  REQUIRE(Block(item) == Block(alone));
}

// `answer` makes the body in a room.
template <typename Answer>
void Judge(Tape* tape, Answer answer) {
  const size_t size = answer(nsp::AnswerRoom());
  if (size == 0) {
    const Exact room(64);
    REQUIRE(answer({room.data(), room.size()}) == 0);
    return;
  }
  REQUIRE(size >= sizeof(nsp::BatchBody));
  REQUIRE(size <= nsp::kMaxFrameBytes - sizeof(nsp::FrameHeader));
  const Exact small(tape->Take<uint16_t>() % size);
  REQUIRE(answer({small.data(), small.size()}) == size);
  const Exact whole(size);
  REQUIRE(answer({whole.data(), whole.size()}) == size);
  SoundBody(whole);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Tape tape(data, size);
  const uint8_t how = tape.Byte();
  fuzz::MadeQuery query(&tape);
  // Most of what makes a query the host's own is left out.
  if ((how & 1) == 0) {
    query.view.head.present &= nsp::kHasName | nsp::kHasClass | nsp::kHasContext;
    query.view.head.present |= nsp::kHasName;
    query.view.head.flags &= ~1u;
  }
  const std::vector<uint8_t> block = query.Block();
  nsp::QuerySetView view;
  if (block.empty() || !nsp::ReadQuerySet(block.data(), block.size(), &view)) return 0;
  std::vector<uint8_t> record;
  uint32_t count = tape.Below(4);
  for (uint32_t i = 0; i < count; ++i) {
    const std::vector<uint8_t> service = fuzz::MadeQuery(&tape).Block();
    record.insert(record.end(), service.begin(), service.end());
  }
  if ((how & 2) != 0) tape.Lie(record.data(), record.size());
  if ((how & 4) != 0) count = tape.Byte();
  if ((how & 8) != 0) record.insert(record.end(), 4, 0);  // the padding of a record
  const Exact bytes(record.data(), record.size());
  const nsp::PublishedBlocks blocks = {{bytes.data(), static_cast<uint32_t>(bytes.size())}, count};
  const uint32_t status = tape.Byte();
  Judge(&tape,
        [&](const nsp::AnswerRoom& room) { return nsp::AnswerByRecord(status, blocks, room); });
  const uint32_t entry_flags = (how & 16) != 0 ? tape.Byte() : 0;
  if (!nsp::AnsweredByName(view, entry_flags)) return 0;
  const uint32_t name_space = tape.Below(32);
  nsp::QuerySetView alone;
  if (nsp::AnswerAlone(view, name_space, blocks, &alone))
    SameAsBody(view, name_space, blocks, alone);
  Judge(&tape, [&](const nsp::AnswerRoom& room) {
    return nsp::AnswerByName(view, name_space, blocks, room);
  });
  return 0;
}
