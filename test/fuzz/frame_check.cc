// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Frames from a client: one that passes the check has everything that the host reads of it inside
// it, and a list of ended lookups behind a sound frame changes nothing of the verdict.
#include "frame_check.h"

#include "blocks.h"

namespace {

using fuzz::Exact;
using fuzz::Tape;

template <typename T>
T At(const uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

void UseQuery(const uint8_t* block, size_t bytes) {
  nsp::QuerySetView view;
  REQUIRE(nsp::ReadQuerySet(block, bytes, &view) && view.head.size == bytes);
}

// What the host takes from the body of a call on a lookup.
void UseLookupCall(const nsp::FrameHeader& header, const uint8_t* body, size_t left) {
  if (header.kind == nsp::kFrameNext) {
    REQUIRE(left >= sizeof(nsp::NextBody));
    const bool has_query = (header.flags & nsp::kFrameHasQuery) != 0;
    REQUIRE(has_query || left == sizeof(nsp::NextBody));
    if (has_query) UseQuery(body + sizeof(nsp::NextBody), left - sizeof(nsp::NextBody));
  } else if (header.kind == nsp::kFrameIoctl) {
    REQUIRE(left >= sizeof(nsp::IoctlBody));
    const auto ioctl = At<nsp::IoctlBody>(body);
    REQUIRE(sizeof(ioctl) + uint64_t{ioctl.query_bytes} + ioctl.input_bytes == left);
    if (ioctl.query_bytes != 0) UseQuery(body + sizeof(ioctl), ioctl.query_bytes);
  } else {
    REQUIRE(left >= sizeof(nsp::StillValidBody));
    const size_t pairs = At<nsp::StillValidBody>(body).count * sizeof(nsp::CounterPair);
    const size_t used = sizeof(nsp::StillValidBody) + pairs;
    REQUIRE(used <= left);
    if (used != left) UseQuery(body + used, left - used);
  }
}

// The bodies of the others.
void UseOther(const nsp::FrameHeader& header, const uint8_t* body, size_t left) {
  switch (header.kind) {
    case nsp::kFrameHello:
      REQUIRE(left == sizeof(nsp::HelloBody));
      break;
    case nsp::kFrameSubscribe: {
      REQUIRE(left >= sizeof(nsp::SubscribeBody));
      const auto subscribe = At<nsp::SubscribeBody>(body);
      REQUIRE(left == sizeof(subscribe) + subscribe.count * sizeof(nsp::CounterValue));
      for (uint32_t i = 0; i < subscribe.count; ++i) {
        const uint8_t* value = body + sizeof(subscribe) + i * sizeof(nsp::CounterValue);
        REQUIRE(At<nsp::CounterValue>(value).index < nsp::kCounterCount);
      }
      break;
    }
    case nsp::kFrameSetService:
      REQUIRE(left > sizeof(nsp::SetServiceBody));
      UseQuery(body + sizeof(nsp::SetServiceBody), left - sizeof(nsp::SetServiceBody));
      break;
    case nsp::kFrameInstallClass: {
      nsp::ClassView view;
      REQUIRE(left > sizeof(nsp::InstallClassBody));
      left -= sizeof(nsp::InstallClassBody);
      REQUIRE(nsp::ReadClassInfo(body + sizeof(nsp::InstallClassBody), left, &view));
      REQUIRE(view.head.size == left);
      break;
    }
    case nsp::kFrameRemoveClass:
    case nsp::kFrameClassInfo:
      REQUIRE(left == sizeof(nsp::ClassBody));
      REQUIRE(At<nsp::ClassBody>(body).entry < nsp::kMaxEntries);
      break;
    default:
      REQUIRE(header.kind == nsp::kFrameEnd || header.kind == nsp::kFrameCancel);
      REQUIRE(left == 0 && (header.lookup != 0 || header.call != 0));
  }
}

void Use(const uint8_t* frame, size_t bytes) {
  nsp::FrameHeader header;
  REQUIRE(nsp::ReadFrameHeader(frame, bytes, &header) && header.size == bytes);
  nsp::EndList ends;
  REQUIRE(nsp::ReadEnds(frame, bytes, &ends) && ends.bytes <= bytes - sizeof(header));
  REQUIRE(ends.count <= nsp::kMaxDeferredEnds);
  for (uint32_t i = 0; i < ends.count; ++i)
    REQUIRE(ends.at(i) != 0);
  const uint8_t* body = frame + sizeof(header);
  const size_t left = bytes - sizeof(header) - ends.bytes;
  if (nsp::IsCall(header.kind)) REQUIRE(header.call != 0 && left >= sizeof(uint32_t));
  switch (header.kind) {
    case nsp::kFrameNext:
    case nsp::kFrameIoctl:
    case nsp::kFrameStillValid:
      REQUIRE(header.lookup != 0);
      UseLookupCall(header, body, left);
      break;
    default:
      UseOther(header, body, left);
  }
}

bool Check(const uint8_t* frame, size_t bytes) {
  nsp::FrameHeader header;
  nsp::EndList ends;
  // The host reads the header of a message whose rest is not there yet.
  if (bytes > sizeof(header)) static_cast<void>(nsp::ReadEnds(frame, bytes, &ends));
  const bool good = nsp::CheckClientFrame(frame, bytes);
  if (good) Use(frame, bytes);
  return good;
}

// The same frame with numbers of ended lookups behind it.
void AddEnds(const Exact& frame, bool good) {
  auto header = At<nsp::FrameHeader>(frame.data());
  const bool may = nsp::IsCall(header.kind) || header.kind == nsp::kFrameEnd;
  if ((header.flags & nsp::kFrameHasEnds) != 0 || header.size != frame.size()) return;
  constexpr uint32_t kEnds[] = {7, 8, 2};
  header.size += sizeof(kEnds);
  header.flags |= static_cast<uint16_t>(nsp::kFrameHasEnds);
  const Exact longer(header.size);
  std::memcpy(longer.data(), frame.data(), frame.size());
  std::memcpy(longer.data(), &header, sizeof(header));
  std::memcpy(longer.data() + frame.size(), kEnds, sizeof(kEnds));
  REQUIRE(nsp::CheckClientFrame(longer.data(), longer.size()) == (good && may));
}

void Append(std::vector<uint8_t>* to, const void* data, size_t size) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  to->insert(to->end(), bytes, bytes + size);
}
template <typename T>
void Append(std::vector<uint8_t>* to, const T& value) {
  Append(to, &value, sizeof(value));
}

void AppendQuery(Tape* tape, std::vector<uint8_t>* frame) {
  const std::vector<uint8_t> block = fuzz::MadeQuery(tape).Block();
  Append(frame, block.data(), block.size());
}

template <typename T>
void AppendCounters(Tape* tape, uint32_t count, std::vector<uint8_t>* frame) {
  for (uint32_t i = 0; i < count; ++i) {
    T value = {};
    value.index = tape->Take<uint16_t>() % (nsp::kCounterCount + 1);
    Append(frame, value);
  }
}

void AppendIoctl(Tape* tape, std::vector<uint8_t>* frame) {
  const std::vector<uint8_t> block =
      tape->Chance() ? fuzz::MadeQuery(tape).Block() : std::vector<uint8_t>();
  const std::vector<uint8_t> input = tape->Run(tape->Byte());
  nsp::IoctlBody body = {};
  body.completion = tape->Below(6);
  body.query_bytes = static_cast<uint32_t>(block.size());
  body.input_bytes = static_cast<uint32_t>(input.size());
  Append(frame, body);
  Append(frame, block.data(), block.size());
  Append(frame, input.data(), input.size());
}

void AppendBody(Tape* tape, const nsp::FrameHeader& header, std::vector<uint8_t>* frame) {
  switch (header.kind) {
    case nsp::kFrameHello:
      return Append(frame, nsp::HelloBody{1, 0, 0, tape->Below(2)});
    case nsp::kFrameNext:
      Append(frame, nsp::NextBody{100, tape->Below(2)});
      if ((header.flags & nsp::kFrameHasQuery) != 0) AppendQuery(tape, frame);
      return;
    case nsp::kFrameIoctl:
      return AppendIoctl(tape, frame);
    case nsp::kFrameStillValid: {
      const uint32_t count = tape->Length(nsp::kCounterCount);
      Append(frame, nsp::StillValidBody{100, count});
      AppendCounters<nsp::CounterPair>(tape, count, frame);
      if (tape->Chance()) AppendQuery(tape, frame);
      return;
    }
    case nsp::kFrameSubscribe: {
      const uint32_t count = tape->Length(nsp::kCounterCount);
      Append(frame, nsp::SubscribeBody{1, count});
      return AppendCounters<nsp::CounterValue>(tape, count, frame);
    }
    case nsp::kFrameSetService: {
      Append(frame, nsp::SetServiceBody{100, tape->Below(4), tape->Below(3), 0});
      fuzz::MadeQuery made(tape);
      if (tape->Chance()) made.view.head.flags = 0;
      const std::vector<uint8_t> block = made.Block();
      return Append(frame, block.data(), block.size());
    }
    case nsp::kFrameInstallClass: {
      Append(frame, nsp::InstallClassBody{100, tape->Below(nsp::kMaxEntries + 1)});
      const std::vector<uint8_t> block = fuzz::MadeClass(tape).Block();
      return Append(frame, block.data(), block.size());
    }
    case nsp::kFrameRemoveClass:
    case nsp::kFrameClassInfo:
      return Append(frame, nsp::ClassBody{100, tape->Below(nsp::kMaxEntries + 1), {}});
    default:
      return;
  }
}

std::vector<uint8_t> MakeFrame(Tape* tape) {
  nsp::FrameHeader header = {};
  header.kind = static_cast<uint16_t>(tape->Below(nsp::kFrameClassInfo + 2));
  header.flags = static_cast<uint16_t>(tape->Below(5));
  header.call = tape->Below(3);
  header.lookup = tape->Below(3);
  std::vector<uint8_t> frame;
  Append(&frame, header);
  AppendBody(tape, header, &frame);
  if ((header.flags & nsp::kFrameHasEnds) != 0) {
    const uint32_t count = tape->Below(nsp::kMaxDeferredEnds + 2);
    for (uint32_t i = 0; i < count; ++i)
      Append(&frame, uint32_t{tape->Byte()} + 1);
    Append(&frame, count);
  }
  tape->Lie(frame.data(), frame.size());
  return frame;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Tape tape(data, size);
  const uint8_t mode = tape.Byte();
  std::vector<uint8_t> bytes;
  if ((mode & 1) != 0) {
    bytes = MakeFrame(&tape);
  } else {
    bytes.assign(tape.rest(), tape.rest() + tape.left());
  }
  if ((mode & 2) == 0 && bytes.size() >= sizeof(nsp::FrameHeader)) {
    const auto length = static_cast<uint32_t>(bytes.size());
    std::memcpy(bytes.data(), &length, sizeof(length));
  }
  const Exact frame(bytes.data(), bytes.size());
  const bool good = Check(frame.data(), frame.size());
  if (frame.size() >= sizeof(nsp::FrameHeader) && frame.size() < nsp::kMaxFrameBytes - 12) {
    AddEnds(frame, good);
  }
  return 0;
}
