// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Tests of frame_check.h: every kind whole, and then with each thing wrong that a client can get
// wrong or try.
#include "frame_check.h"

#include <cstring>
#include <vector>

#include "check.h"
#include "class_info.h"
#include "query_set.h"

namespace {

using Buffer = std::vector<uint8_t>;

template <typename T>
void Append(Buffer* to, const T& value) {
  const size_t at = to->size();
  to->resize(at + sizeof(T));
  std::memcpy(to->data() + at, &value, sizeof(T));
}

Buffer Frame(uint16_t kind, const Buffer& body, uint16_t flags = 0, uint32_t call = 7,
             uint32_t lookup = 3) {
  Buffer frame;
  const auto size = static_cast<uint32_t>(sizeof(nsp::FrameHeader) + body.size());
  Append(&frame, nsp::FrameHeader{size, kind, flags, call, lookup});
  for (const uint8_t byte : body)
    frame.push_back(byte);
  return frame;
}

bool Check(const Buffer& frame) {
  return nsp::CheckClientFrame(frame.data(), frame.size());
}

template <typename... Parts>
Buffer Body(const Parts&... parts) {
  Buffer body;
  (Append(&body, parts), ...);
  return body;
}

Buffer Query() {
  static const char16_t kName[] = u"one.nsp.test";
  nsp::QuerySetView view;
  view.head.present = nsp::kHasName;
  view.name = {reinterpret_cast<const uint8_t*>(kName), sizeof(kName) - 2};
  Buffer block(nsp::MeasureQuerySet(view));
  nsp::WriteQuerySet(view, block.data());
  return block;
}

Buffer Class() {
  nsp::ClassView view;
  view.name = {reinterpret_cast<const uint8_t*>(u"web"), 6};
  Buffer block(nsp::MeasureClassInfo(view));
  nsp::WriteClassInfo(view, block.data());
  return block;
}

Buffer operator+(Buffer left, const Buffer& right) {
  for (const uint8_t byte : right)
    left.push_back(byte);
  return left;
}

const Buffer kHello = Body(nsp::HelloBody{1, 0x8664, 42, 0});
const Buffer kNext = Body(nsp::NextBody{500, 0});
const Buffer kSubscribe = Body(nsp::SubscribeBody{1, 2}, nsp::CounterValue{0, 0},
                               nsp::CounterValue{nsp::kCounterCount - 1, 9});

}  // namespace

TEST(WholeFramesPass) {
  CHECK(Check(Frame(nsp::kFrameHello, kHello)));
  CHECK(Check(Frame(nsp::kFrameNext, kNext)));
  CHECK(Check(Frame(nsp::kFrameNext, kNext + Query(), nsp::kFrameHasQuery)));
  CHECK(Check(Frame(nsp::kFrameIoctl, Body(nsp::IoctlBody{500, 1, 0, 0, 0, 0}))));
  CHECK(Check(Frame(nsp::kFrameSubscribe, kSubscribe, 0, 0, 0)));
  CHECK(Check(Frame(nsp::kFrameEnd, {}, 0, 0, 3)));
  CHECK(Check(Frame(nsp::kFrameCancel, {}, 0, 7, 0)));
}

TEST(IoctlHoldsItsQueryAndItsInputExactly) {
  const auto query_bytes = static_cast<uint32_t>(Query().size());
  const Buffer body = Body(nsp::IoctlBody{500, 1, 64, 2, query_bytes, 5}) + Query() + Buffer(5);
  CHECK(Check(Frame(nsp::kFrameIoctl, body)));
  CHECK(!Check(Frame(nsp::kFrameIoctl, body + Buffer(1))));
  CHECK(!Check(Frame(nsp::kFrameIoctl, Buffer(body.begin(), body.end() - 1))));
  CHECK(!Check(Frame(nsp::kFrameIoctl, Body(nsp::IoctlBody{1, 1, 0, 0, 0xfffffffc, 0}))));
  CHECK(!Check(Frame(nsp::kFrameIoctl, Body(nsp::IoctlBody{1, 1, 0, 0, 0, 0xffffffff}))));
  CHECK(!Check(Frame(nsp::kFrameIoctl, Body(nsp::IoctlBody{1, 1, 0, 0, 4, 0xfffffffc}))));
}

TEST(CompletionTypesAreThoseOfWinsockWithoutWindows) {
  for (uint32_t type = 0; type < 7; ++type) {
    const bool known = type == 0 || (type >= 2 && type <= 4);
    CHECK_EQUAL(Check(Frame(nsp::kFrameIoctl, Body(nsp::IoctlBody{1, 1, 0, type, 0, 0}))), known);
  }
}

TEST(EverySizeButTheMessagesIsRefused) {
  const Buffer frame = Frame(nsp::kFrameNext, kNext + Query(), nsp::kFrameHasQuery);
  for (size_t bytes = 0; bytes < frame.size(); ++bytes) {
    CHECK(!nsp::CheckClientFrame(frame.data(), bytes));
  }
  CHECK(!Check(frame + Buffer(1)));
}

TEST(UnknownKindsAndFlagsAreRefused) {
  for (const uint16_t kind : {0, 12, 128, 129, 130, 131, 65535}) {
    CHECK(!Check(Frame(kind, {})));
  }
  CHECK(!Check(Frame(nsp::kFrameNext, kNext, 8)));
  CHECK(!Check(Frame(nsp::kFrameHello, kHello, nsp::kFrameHasQuery)));
  CHECK(!Check(Frame(nsp::kFrameEnd, {}, nsp::kFrameHasQuery)));
  CHECK(!Check(Frame(nsp::kFrameCancel, {}, nsp::kFrameHasQuery)));
}

TEST(CallsNeedTheirNumbers) {
  CHECK(!Check(Frame(nsp::kFrameNext, kNext, 0, 0, 3)));
  CHECK(!Check(Frame(nsp::kFrameNext, kNext, 0, 7, 0)));
  CHECK(!Check(Frame(nsp::kFrameEnd, {}, 0, 0, 0)));
  CHECK(!Check(Frame(nsp::kFrameCancel, {}, 0, 0, 3)));
}

TEST(QueriesAreCheckedAndFillTheRest) {
  CHECK(!Check(Frame(nsp::kFrameNext, kNext, nsp::kFrameHasQuery)));
  CHECK(!Check(Frame(nsp::kFrameNext, kNext + Query())));
  CHECK(!Check(Frame(nsp::kFrameNext, kNext + Query() + Buffer(4), nsp::kFrameHasQuery)));
  Buffer broken = Query();
  std::memset(broken.data() + sizeof(nsp::QuerySetHead), 0xff, 4);  // length of the name
  CHECK(!Check(Frame(nsp::kFrameNext, kNext + broken, nsp::kFrameHasQuery)));
}

// They belong to no lookup, but somebody waits for them.
TEST(RegistrationsAndClassesAreCallsWithoutALookup) {
  const Buffer set = Body(nsp::SetServiceBody{500, 2, 1, 0}) + Query();
  const Buffer install = Body(nsp::InstallClassBody{500, nsp::kMaxEntries - 1}) + Class();
  const Buffer named = Body(nsp::ClassBody{500, 0, {}});
  const struct {
    uint16_t kind;
    Buffer body;
  } frames[] = {{nsp::kFrameSetService, set},
                {nsp::kFrameInstallClass, install},
                {nsp::kFrameRemoveClass, named},
                {nsp::kFrameClassInfo, named}};
  for (const auto& [kind, body] : frames) {
    CHECK(nsp::IsCall(kind));
    CHECK(Check(Frame(kind, body, 0, 7, 0)));
    CHECK(!Check(Frame(kind, body, 0, 7, 3)));
    CHECK(!Check(Frame(kind, body, 0, 0, 0)));
    CHECK(!Check(Frame(kind, body, nsp::kFrameHasQuery, 7, 0)));
    CHECK(!Check(Frame(kind, body + Buffer(4), 0, 7, 0)));
    for (size_t size = 0; size < body.size(); ++size) {
      CHECK(!Check(
          Frame(kind, Buffer(body.begin(), body.begin() + static_cast<ptrdiff_t>(size)), 0, 7, 0)));
    }
  }
}

TEST(RegistrationsAndClassesHoldKnownNumbers) {
  auto set = [](const nsp::SetServiceBody& body, const Buffer& query) {
    return Check(Frame(nsp::kFrameSetService, Body(body) + query, 0, 7, 0));
  };
  CHECK(set({1, 0, 0, 0}, Query()));
  CHECK(!set({1, 3, 0, 0}, Query()));
  CHECK(!set({1, 0, 2, 0}, Query()));
  CHECK(!set({1, 0, 0, 1}, Query()));
  Buffer flagged = Query();
  flagged[offsetof(nsp::QuerySetHead, flags)] = 1;
  CHECK(!set({1, 0, 0, 0}, flagged));
  Buffer nowhere = Query();
  nowhere[offsetof(nsp::QuerySetHead, entry)] = nsp::kMaxEntries;
  CHECK(!set({1, 0, 0, 0}, nowhere));
  const uint32_t outside = nsp::kMaxEntries;
  CHECK(!Check(
      Frame(nsp::kFrameInstallClass, Body(nsp::InstallClassBody{1, outside}) + Class(), 0, 7, 0)));
  CHECK(!Check(Frame(nsp::kFrameRemoveClass, Body(nsp::ClassBody{1, outside, {}}), 0, 7, 0)));
  CHECK(!Check(Frame(nsp::kFrameClassInfo, Body(nsp::ClassBody{1, outside, {}}), 0, 7, 0)));
}

// ── lookups that have ended before the frame (kFrameHasEnds) ──

namespace {

Buffer Ends(const std::vector<uint32_t>& lookups) {
  Buffer list;
  for (const uint32_t lookup : lookups)
    Append(&list, lookup);
  Append(&list, static_cast<uint32_t>(lookups.size()));
  return list;
}

}  // namespace

TEST(FramesCarryTheLookupsThatHaveEnded) {
  const auto query_bytes = static_cast<uint32_t>(Query().size());
  const struct {
    uint16_t kind;
    uint16_t flags;
    uint32_t lookup;
    Buffer body;
  } frames[] = {
      {nsp::kFrameNext, 0, 3, kNext},
      {nsp::kFrameNext, nsp::kFrameHasQuery, 3, kNext + Query()},
      {nsp::kFrameIoctl, 0, 3,
       Body(nsp::IoctlBody{500, 1, 64, 0, query_bytes, 5}) + Query() + Buffer(5)},
      {nsp::kFrameStillValid, 0, 3,
       Body(nsp::StillValidBody{1, 1}, nsp::CounterPair{5, 0, 0}) + Query()},
      {nsp::kFrameSetService, 0, 0, Body(nsp::SetServiceBody{500, 2, 1, 0}) + Query()},
      {nsp::kFrameInstallClass, 0, 0, Body(nsp::InstallClassBody{500, 0}) + Class()},
      {nsp::kFrameRemoveClass, 0, 0, Body(nsp::ClassBody{500, 0, {}})},
      {nsp::kFrameClassInfo, 0, 0, Body(nsp::ClassBody{500, 0, {}})},
  };
  for (const auto& [kind, flags, lookup, body] : frames) {
    const auto with = static_cast<uint16_t>(flags | nsp::kFrameHasEnds);
    const Buffer whole = body + Ends({9, 0xffffffff});
    CHECK(Check(Frame(kind, body, flags, 7, lookup)));
    CHECK(Check(Frame(kind, whole, with, 7, lookup)));
    CHECK(Check(Frame(kind, whole, with | nsp::kFrameBreakerOpened, 7, lookup)));
    CHECK(Check(Frame(kind, body, flags | nsp::kFrameBreakerOpened, 7, lookup)));
    CHECK(!Check(Frame(kind, body, flags | 2 * nsp::kFrameBreakerOpened, 7, lookup)));
    CHECK(!Check(Frame(kind, whole, flags, 7, lookup)));
    CHECK(!Check(Frame(kind, body + Buffer(4) + Ends({9}), with, 7, lookup)));
    for (size_t size = body.size(); size < whole.size(); ++size) {
      const Buffer cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
      CHECK(!Check(Frame(kind, cut, with, 7, lookup)));
    }
  }
  CHECK(Check(Frame(nsp::kFrameEnd, Ends({9, 10}), nsp::kFrameHasEnds, 0, 3)));
}

TEST(ListsOfEndsAreWholeAndBounded) {
  const auto next = [](const Buffer& list) {
    return Check(Frame(nsp::kFrameNext, kNext + list, nsp::kFrameHasEnds));
  };
  CHECK(next(Ends(std::vector<uint32_t>(nsp::kMaxDeferredEnds, 9))));
  CHECK(!next(Ends(std::vector<uint32_t>(nsp::kMaxDeferredEnds + 1, 9))));
  CHECK(!next(Ends({})));
  CHECK(!next({}));
  CHECK(!next(Ends({9, 0})));
  CHECK(!next(Body(uint32_t{0xffffffff})));
  CHECK(!next(Body(uint32_t{0x3fffffff})));
  // More numbers than there are bytes before them: they must not reach into the header.
  CHECK(!Check(Frame(nsp::kFrameEnd, Body(uint32_t{9}, uint32_t{2}), nsp::kFrameHasEnds, 0, 3)));
}

TEST(OtherFramesTellOfNoBreaker) {
  CHECK(!Check(Frame(nsp::kFrameHello, kHello, nsp::kFrameBreakerOpened)));
  CHECK(!Check(Frame(nsp::kFrameSubscribe, kSubscribe, nsp::kFrameBreakerOpened, 0, 0)));
  CHECK(!Check(Frame(nsp::kFrameCancel, {}, nsp::kFrameBreakerOpened, 7, 0)));
  CHECK(!Check(Frame(nsp::kFrameEnd, {}, nsp::kFrameBreakerOpened, 0, 3)));
}

TEST(OtherFramesCarryNoEnds) {
  CHECK(!Check(Frame(nsp::kFrameHello, kHello + Ends({9}), nsp::kFrameHasEnds)));
  CHECK(!Check(Frame(nsp::kFrameSubscribe, kSubscribe + Ends({9}), nsp::kFrameHasEnds, 0, 0)));
  CHECK(!Check(Frame(nsp::kFrameCancel, Ends({9}), nsp::kFrameHasEnds, 7, 0)));
  CHECK(!Check(Frame(nsp::kFrameEnd, {}, nsp::kFrameHasEnds, 0, 3)));
  CHECK(!Check(Frame(nsp::kFrameEnd, Ends({9}), 0, 0, 3)));
}

TEST(EndsAreReadFromTheEndOfTheFrame) {
  const Buffer frame = Frame(nsp::kFrameIoctl, Buffer(5) + Ends({9, 10, 11}), nsp::kFrameHasEnds);
  nsp::EndList ends;
  CHECK(nsp::ReadEnds(frame.data(), frame.size(), &ends));
  CHECK_EQUAL(ends.count, 3);
  CHECK_EQUAL(ends.bytes, 16);
  for (uint32_t i = 0; i < 3; ++i) {
    CHECK_EQUAL(ends.at(i), 9 + i);
  }
  const Buffer without = Frame(nsp::kFrameIoctl, Buffer(5) + Ends({9, 10, 11}));
  CHECK(nsp::ReadEnds(without.data(), without.size(), &ends));
  CHECK_EQUAL(ends.count, 0);
  CHECK_EQUAL(ends.bytes, 0);
}

TEST(ReservedNumbersAreZero) {
  CHECK(!Check(Frame(nsp::kFrameHello, Body(nsp::HelloBody{1, 0x8664, 42, 1}))));
  CHECK(!Check(Frame(nsp::kFrameNext, Body(nsp::NextBody{500, 1}))));
}

TEST(CountersLieInTheTable) {
  const nsp::CounterValue outside = {nsp::kCounterCount, 0};
  CHECK(!Check(Frame(nsp::kFrameSubscribe, Body(nsp::SubscribeBody{1, 1}, outside))));
  CHECK(!Check(Frame(nsp::kFrameSubscribe, Body(nsp::SubscribeBody{1, 2}, nsp::CounterValue{}))));
  CHECK(!Check(Frame(nsp::kFrameSubscribe, Body(nsp::SubscribeBody{1, 0x20000001}))));
  const nsp::CounterPair pair = {nsp::kCounterCount, 0, 0};
  CHECK(!Check(Frame(nsp::kFrameStillValid, Body(nsp::StillValidBody{1, 1}, pair))));
  CHECK(Check(Frame(nsp::kFrameStillValid,
                    Body(nsp::StillValidBody{1, 1}, nsp::CounterPair{5, 0, 0}) + Query())));
}

TEST(HeaderOfALongMessageIsReadBeforeTheRest) {
  nsp::FrameHeader header = {};
  Buffer frame = Frame(nsp::kFrameNext, Buffer(5000));
  CHECK(nsp::ReadFrameHeader(frame.data(), 16, &header));
  CHECK_EQUAL(header.size, 5016);
  CHECK(!nsp::ReadFrameHeader(frame.data(), 15, &header));
  const uint32_t too_large = nsp::kMaxFrameBytes + 1;
  std::memcpy(frame.data(), &too_large, 4);
  CHECK(!nsp::ReadFrameHeader(frame.data(), 16, &header));
}
