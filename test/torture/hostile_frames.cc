// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Frames made by hand, sound ones and damaged ones.
#include <cstring>

#include "hostile.h"
#include "query_set.h"

namespace torture {
namespace {

using nsp::FrameHeader;

template <typename T>
void Append(std::vector<uint8_t>* to, const T& value) {
  const auto* at = reinterpret_cast<const uint8_t*>(&value);
  to->insert(to->end(), at, at + sizeof value);
}

nsp::Bytes TextOf(const std::wstring& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), static_cast<uint32_t>(text.size() * 2)};
}

std::vector<uint8_t> BlockOf(const nsp::QuerySetView& view) {
  std::vector<uint8_t> block(nsp::MeasureQuerySet(view));
  if (!block.empty()) nsp::WriteQuerySet(view, block.data());
  return block;
}

void AppendBlock(std::vector<uint8_t>* to, const nsp::QuerySetView& view) {
  const std::vector<uint8_t> block = BlockOf(view);
  to->insert(to->end(), block.begin(), block.end());
}

nsp::QuerySetView QueryOf(const std::wstring& name) {
  nsp::QuerySetView view;
  view.head.present = nsp::kHasName;
  view.head.flags = kReturnAll;
  view.head.entry = 1;
  view.head.name_space = 1101;
  view.name = TextOf(name);
  return view;
}

// Names whose handlers answer at once, later, never, much, or badly.
const std::wstring& AnyName(Dice* dice) {
  static const std::wstring kNames[] = {L"a.load",     L"b.load",    L"slow.load", L"never.load",
                                        L"twice.load", L"fail.load", L"many.load"};
  return kNames[dice->Below(std::size(kNames))];
}

uint32_t AnyDeadline(Dice* dice) {
  return dice->OneIn(20) ? dice->Odd() % 2000 : 20 + dice->Below(300);
}

// The value of a counter as nobody has seen it.
void AppendSubscriptions(Dice* dice, std::vector<uint8_t>* body) {
  const uint32_t count = dice->Below(8);
  Append(body, nsp::SubscribeBody{dice->Word(), count});
  for (uint32_t i = 0; i < count; ++i)
    Append(body, nsp::CounterValue{dice->Below(nsp::kCounterCount), dice->Below(3)});
}

Frame IoctlFrame(Dice* dice, uint32_t call, uint32_t lookup) {
  static constexpr uint32_t kCodes[] = {kEchoCode, kHoldCode, kChangeCode, 0xD8000099u};
  std::vector<uint8_t> body;
  std::vector<uint8_t> query;
  if (!dice->OneIn(4)) query = BlockOf(QueryOf(AnyName(dice)));
  const uint32_t input = dice->OneIn(30) ? 20000 : dice->Below(64);
  Append(&body, nsp::IoctlBody{AnyDeadline(dice), kCodes[dice->Below(4)], dice->Below(128),
                               dice->OneIn(4) ? 2 + dice->Below(3) : 0,
                               static_cast<uint32_t>(query.size()), input});
  body.insert(body.end(), query.begin(), query.end());
  body.resize(body.size() + input, 7);
  return MakeFrame(nsp::kFrameIoctl, query.empty() ? 0 : nsp::kFrameHasQuery, call, lookup, body);
}

Frame StillValidFrame(Dice* dice, uint32_t call, uint32_t lookup) {
  std::vector<uint8_t> body;
  const uint32_t count = dice->Below(5);
  Append(&body, nsp::StillValidBody{AnyDeadline(dice), count});
  for (uint32_t i = 0; i < count; ++i)
    Append(&body, nsp::CounterPair{dice->Below(nsp::kCounterCount), 1, 2});
  AppendBlock(&body, QueryOf(AnyName(dice)));
  return MakeFrame(nsp::kFrameStillValid, nsp::kFrameHasQuery, call, lookup, body);
}

Frame SetServiceFrame(Dice* dice, uint32_t call) {
  std::vector<uint8_t> body;
  Append(&body, nsp::SetServiceBody{AnyDeadline(dice), dice->Below(3), dice->Below(2), 0});
  nsp::QuerySetView service = QueryOf(AnyName(dice));
  service.head.flags = 0;
  AppendBlock(&body, service);
  return MakeFrame(nsp::kFrameSetService, 0, call, 0, body);
}

Frame InstallClassFrame(Dice* dice, uint32_t call) {
  std::vector<uint8_t> body;
  Append(&body, nsp::InstallClassBody{AnyDeadline(dice), 1});
  // A class without a name and without properties: head and the length of nothing.
  nsp::ClassHead head = {sizeof(nsp::ClassHead) + 4, 0, {1, 2, 3}};
  Append(&body, head);
  Append(&body, uint32_t{0});
  return MakeFrame(nsp::kFrameInstallClass, 0, call, 0, body);
}

// Ends of lookups behind a frame that may carry them.
void AppendEnds(Dice* dice, Frame* frame) {
  const uint32_t count = 1 + dice->Below(nsp::kMaxDeferredEnds);
  FrameHeader header;
  for (uint32_t i = 0; i < count; ++i)
    Append(frame, 1 + dice->Below(50));
  Append(frame, count);
  std::memcpy(&header, frame->data(), sizeof header);
  header.size = static_cast<uint32_t>(frame->size());
  header.flags |= nsp::kFrameHasEnds;
  std::memcpy(frame->data(), &header, sizeof header);
}

Frame CallFrame(Dice* dice, uint32_t call, uint32_t lookup) {
  switch (dice->Below(8)) {
    case 0:
      return IoctlFrame(dice, call, lookup);
    case 1:
      return StillValidFrame(dice, call, lookup);
    case 2:
      return SetServiceFrame(dice, call);
    case 3:
      return InstallClassFrame(dice, call);
    case 4: {
      Frame frame = ClassInfoFrame(call, AnyDeadline(dice));
      if (dice->OneIn(2)) frame[4] = nsp::kFrameRemoveClass;
      return frame;
    }
    default:
      return NextFrame(AnyName(dice), call, lookup, AnyDeadline(dice));
  }
}

// A result with some of everything.
nsp::QuerySetView AnyItem(Dice* dice, const std::wstring& name, const std::vector<uint8_t>& blob,
                          std::vector<uint8_t>* addresses) {
  nsp::QuerySetView item = QueryOf(name);
  item.head.flags = dice->OneIn(4) ? dice->Odd() : dice->Below(2) * RESULT_IS_ALIAS;
  item.comment = TextOf(name);
  item.aliases = {};
  item.blob = {blob.data(), static_cast<uint32_t>(blob.size())};
  item.head.present = nsp::kHasName | (dice->OneIn(2) ? nsp::kHasComment : 0) |
                      (dice->OneIn(3) ? nsp::kHasClass | nsp::kHasVersion : 0) |
                      (dice->OneIn(3) ? nsp::kHasBlob : 0);
  item.head.blob_kind = dice->OneIn(4) ? dice->Below(3) : 0;
  const uint8_t sockaddr[16] = {AF_INET, 0, 0, 80, 10, 9, 0, 1};
  nsp::AddressView address;
  address.head = {SOCK_STREAM, IPPROTO_TCP, 0, sizeof sockaddr};
  address.remote = {sockaddr, sizeof sockaddr};
  const uint32_t count = dice->Below(4);
  for (uint32_t i = 0; i < count; ++i) {
    const size_t at = addresses->size();
    addresses->resize(at + nsp::MeasureAddress(address));
    nsp::WriteAddress(address, addresses->data() + at);
  }
  item.head.address_count = count;
  item.addresses = {addresses->data(), static_cast<uint32_t>(addresses->size())};
  return item;
}

uint32_t AnyStatus(Dice* dice) {
  static constexpr uint32_t kStatuses[] = {0,     0,     0,     10108, 10110, 11002,
                                           11004, 10014, 10022, 997,   10035};
  return dice->OneIn(20) ? dice->Odd() : kStatuses[dice->Below(std::size(kStatuses))];
}

void PutWord(Frame* frame, size_t at, uint32_t value) {
  if (at + sizeof value <= frame->size()) std::memcpy(frame->data() + at, &value, sizeof value);
}

}  // namespace

uint32_t Dice::Word() {
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return static_cast<uint32_t>((state_ * 0x2545F4914F6CDD1Du) >> 32);
}

uint32_t Dice::Odd() {
  static constexpr uint32_t kOdd[] = {0,          1,          2,          0x7fffffff, 0x80000000,
                                      0x80000001, 0xffffffff, 0xfffffffe, 0xfffffff0, 0x10000,
                                      1048576,    1048577,    16,         4096,       65535};
  const uint32_t at = Below(std::size(kOdd) + 3);
  return at < std::size(kOdd) ? kOdd[at] : Word();
}

Frame MakeFrame(uint16_t kind, uint16_t flags, uint32_t call, uint32_t lookup,
                const std::vector<uint8_t>& body) {
  const FrameHeader header = {static_cast<uint32_t>(sizeof(FrameHeader) + body.size()), kind, flags,
                              call, lookup};
  Frame frame;
  frame.reserve(header.size);
  Append(&frame, header);
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

Frame HelloFrame() {
  constexpr uint32_t kMachine =
      sizeof(void*) == 8 ? IMAGE_FILE_MACHINE_AMD64 : IMAGE_FILE_MACHINE_I386;
  std::vector<uint8_t> body;
  Append(&body, nsp::HelloBody{nsp::kWireVersion, kMachine, GetCurrentProcessId(), 0});
  return MakeFrame(nsp::kFrameHello, 0, 0, 0, body);
}

Frame NextFrame(const std::wstring& name, uint32_t call, uint32_t lookup, uint32_t deadline_ms) {
  std::vector<uint8_t> body;
  Append(&body, nsp::NextBody{deadline_ms, 0});
  AppendBlock(&body, QueryOf(name));
  return MakeFrame(nsp::kFrameNext, nsp::kFrameHasQuery, call, lookup, body);
}

Frame ClassInfoFrame(uint32_t call, uint32_t deadline_ms) {
  std::vector<uint8_t> body;
  Append(&body, nsp::ClassBody{deadline_ms, 1, {9, 9, 9}});
  return MakeFrame(nsp::kFrameClassInfo, 0, call, 0, body);
}

Frame EchoFrame(uint32_t call, uint32_t lookup, uint32_t input_bytes) {
  std::vector<uint8_t> body;
  const std::vector<uint8_t> query = BlockOf(QueryOf(L"a.load"));
  Append(&body, nsp::IoctlBody{500, kEchoCode, input_bytes, 0, static_cast<uint32_t>(query.size()),
                               input_bytes});
  body.insert(body.end(), query.begin(), query.end());
  body.resize(body.size() + input_bytes, 7);
  return MakeFrame(nsp::kFrameIoctl, nsp::kFrameHasQuery, call, lookup, body);
}

Frame AnyClientFrame(Dice* dice, uint32_t call, uint32_t lookup) {
  std::vector<uint8_t> body;
  switch (dice->Below(12)) {
    case 0:
    case 1:
      return MakeFrame(nsp::kFrameEnd, 0, 0, 1 + dice->Below(50), {});
    case 2:
      return MakeFrame(nsp::kFrameCancel, 0, 1 + dice->Below(call), 0, {});
    case 3:
      AppendSubscriptions(dice, &body);
      return MakeFrame(nsp::kFrameSubscribe, 0, 0, 0, body);
    default: {
      Frame frame = CallFrame(dice, call, lookup);
      if (dice->OneIn(5)) AppendEnds(dice, &frame);
      return frame;
    }
  }
}

Frame AnyAnswer(Dice* dice, const FrameHeader& asked) {
  std::vector<uint8_t> body;
  const bool next = asked.kind == nsp::kFrameNext;
  if (!next) {
    const uint32_t bytes = asked.kind == nsp::kFrameStillValid ? 4 : dice->Below(80);
    Append(&body, nsp::ReplyBody{AnyStatus(dice), bytes});
    for (uint32_t i = 0; i < bytes; ++i)
      body.push_back(static_cast<uint8_t>(i == 0 ? dice->Below(2) : i));
    return MakeFrame(nsp::kFrameReply, 0, asked.call, asked.lookup, body);
  }
  const uint32_t count = dice->OneIn(20) ? 200 : dice->Below(4);
  const bool last = count == 0 || !dice->OneIn(5);
  Append(&body, nsp::BatchBody{last ? AnyStatus(dice) : 0, count});
  const std::vector<uint8_t> blob(dice->Below(300), 0x42);
  const std::wstring name(1 + dice->Below(30), L'n');
  for (uint32_t i = 0; i < count; ++i) {
    std::vector<uint8_t> addresses;
    AppendBlock(&body, AnyItem(dice, name, blob, &addresses));
  }
  return MakeFrame(nsp::kFrameBatch, last ? nsp::kFrameLastBatch : 0, asked.call, asked.lookup,
                   body);
}

Frame AnyChange(Dice* dice) {
  std::vector<uint8_t> body;
  const uint32_t count = dice->Below(6);
  Append(&body, nsp::ChangeBody{count, 0});
  for (uint32_t i = 0; i < count; ++i)
    Append(&body, nsp::ChangeItem{dice->OneIn(4) ? dice->Odd() : dice->Below(nsp::kCounterCount),
                                  dice->Odd()});
  return MakeFrame(nsp::kFrameChange, 0, 0, 0, body);
}

void Damage(Dice* dice, Frame* frame) {
  const auto size = static_cast<uint32_t>(frame->size());
  const uint32_t any = dice->Below(size);
  switch (dice->Below(14)) {
    case 0:  // bits
      for (uint32_t i = 1 + dice->Below(8); i > 0; --i)
        (*frame)[dice->Below(size)] ^= static_cast<uint8_t>(1u << dice->Below(8));
      break;
    case 1:  // a word of the header
      PutWord(frame, dice->Below(4) * 4, dice->Odd());
      break;
    case 2:  // a word of the body's beginning; of an answer mostly the length of its first item
      PutWord(frame, dice->OneIn(2) ? 24 : 16 + dice->Below(24) * 4, dice->Odd());
      break;
    case 3:  // any word
      PutWord(frame, any & ~3u, dice->Odd());
      break;
    case 4:  // cut, the length as before
      frame->resize(any);
      break;
    case 5:  // cut, and the length says so
      frame->resize(16 + any % (size - 15));
      PutWord(frame, 0, static_cast<uint32_t>(frame->size()));
      break;
    case 6:  // more than it says
      frame->resize(size + 1 + dice->Below(5000), 0x55);
      break;
    case 7:  // more, and the length says so
      frame->resize(size + 1 + dice->Below(5000), 0x55);
      PutWord(frame, 0, static_cast<uint32_t>(frame->size()));
      break;
    case 8:  // a kind
      (*frame)[4] = static_cast<uint8_t>(dice->OneIn(2) ? dice->Below(14) : 128 + dice->Below(5));
      break;
    case 9:  // flags
      PutWord(frame, 4, (*frame)[4] | dice->Word() << 16);
      break;
    case 10:  // nothing
      frame->clear();
      break;
    case 11:  // noise
      for (uint8_t& byte : *frame)
        byte = static_cast<uint8_t>(dice->Word());
      break;
    case 12:  // noise with a header
      for (size_t i = 16; i < frame->size(); ++i)
        (*frame)[i] = static_cast<uint8_t>(dice->Word());
      break;
    default:  // beyond the largest
      if (!dice->OneIn(40)) {
        PutWord(frame, 16 + dice->Below(4) * 4, dice->Odd());
        break;
      }
      frame->resize(nsp::kMaxFrameBytes + (dice->OneIn(2) ? 1 : 4096), 0x55);
      PutWord(frame, 0,
              dice->OneIn(2) ? static_cast<uint32_t>(frame->size()) : nsp::kMaxFrameBytes);
  }
}

}  // namespace torture
