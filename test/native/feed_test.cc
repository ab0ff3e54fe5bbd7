// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// IOCTL-40, NEXT-19: feeds go on behind their end and lose no change; aliases come only where they
// are wanted.
#include "check.h"
#include "control_writer.h"
#include "provider_host.h"

namespace {

// Rounds of a lookup, each one batch; the last is given for ever.
struct Rounds {
  std::vector<std::vector<Block>> items;
  std::function<void(size_t round)> meanwhile = [](size_t) {};
  size_t round = 0;

  Reaction operator()(const Arrived& arrived) {
    if (arrived.header.kind != nsp::kFrameNext) return {ReplyOf(0)};
    const size_t now = round++;
    meanwhile(now);
    return {Batch(0, now < items.size() ? items[now] : std::vector<Block>()), nsp::kFrameLastBatch};
  }
};

Host::Handler By(Rounds* rounds) {
  return [rounds](const Arrived& arrived) { return (*rounds)(arrived); };
}

void Change(Host* host) {
  nsp::BumpCounter(host->control(), nsp::kCounterGlobal);
  nsp::BumpCounter(host->control(), nsp::kCounterAny);
}

void CheckResult(const Step& step, const wchar_t* name, DWORD flags) {
  CHECK_EQUAL(step.code, 0);
  CHECK(step.name == name);
  CHECK_EQUAL(step.flags, flags);
}

}  // namespace

TEST(a_feed_goes_on_after_a_change_and_only_then) {
  Rounds rounds = {{{Item(L"a", 0)}, {Item(L"b", 0x10), Item(L"a", 0x40)}}};
  Host host(By(&rounds));
  HANDLE lookup = BeginLookup(host, kFeed);
  CheckResult(NextResult(host, lookup), L"a", 0);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(host.Count(nsp::kFrameNext), 1);
  Change(&host);
  CHECK_EQUAL(PollLookup(host, lookup), 0);
  CheckResult(NextResult(host, lookup), L"b", 0x10);
  CheckResult(NextResult(host, lookup), L"a", 0x40);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(PollLookup(host, lookup), WSAEWOULDBLOCK);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(host.Count(nsp::kFrameNext), 2);
}

TEST(a_change_while_the_handler_runs_is_found_by_the_next_round) {
  Rounds rounds = {{{Item(L"a", 0)}, {}, {Item(L"b", 0x10)}}};
  Host host(By(&rounds));
  rounds.meanwhile = [&](size_t round) {
    if (round == 1) Change(&host);
  };
  HANDLE lookup = BeginLookup(host, kFeed);
  CheckResult(NextResult(host, lookup), L"a", 0);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  Change(&host);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(host.Count(nsp::kFrameNext), 2);
  CHECK_EQUAL(PollLookup(host, lookup), 0);
  CheckResult(NextResult(host, lookup), L"b", 0x10);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(PollLookup(host, lookup), WSAEWOULDBLOCK);
}

// A poll that answers in the middle of a round tells of changes that the round need not contain.
TEST(a_report_in_a_round_acknowledges_no_more_than_its_start) {
  Rounds rounds = {{{Item(L"a", 0)}, {Item(L"b", 0x10)}, {Item(L"c", 0x10)}}};
  Host host(By(&rounds));
  HANDLE lookup = BeginLookup(host, kFeed);
  rounds.meanwhile = [&](size_t round) {
    if (round > 1) return;
    Change(&host);
    CHECK_EQUAL(PollLookup(host, lookup), 0);
  };
  CheckResult(NextResult(host, lookup), L"a", 0);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(PollLookup(host, lookup), 0);
  CheckResult(NextResult(host, lookup), L"b", 0x10);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(PollLookup(host, lookup), 0);
  CheckResult(NextResult(host, lookup), L"c", 0x10);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(PollLookup(host, lookup), WSAEWOULDBLOCK);
}

TEST(the_end_of_the_first_set_is_told_before_changes_are) {
  int asked = 0;
  Host host([&](const Arrived&) -> Reaction {
    ++asked;
    if (asked == 1) return {Batch(0, {Item(L"a", 0)})};
    if (asked == 2) return {Batch(0, {Item(L"b", 0)}), nsp::kFrameLastBatch};
    return {Batch(0, {Item(L"c", 0x10)}), nsp::kFrameLastBatch};
  });
  HANDLE lookup = BeginLookup(host, kFeed);
  CheckResult(NextResult(host, lookup), L"a", 0);
  Change(&host);
  CheckResult(NextResult(host, lookup), L"b", 0);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(PollLookup(host, lookup), 0);
  CheckResult(NextResult(host, lookup), L"c", 0x10);
}

TEST(an_empty_feed_begins_with_its_first_item) {
  int asked = 0;
  Host host([&](const Arrived&) -> Reaction {
    const bool first = ++asked == 1;
    return {first ? Batch(WSASERVICE_NOT_FOUND, {}) : Batch(0, {Item(L"a", 0x10)}),
            nsp::kFrameLastBatch};
  });
  HANDLE lookup = BeginLookup(host, kFeed);
  CHECK_EQUAL(NextResult(host, lookup).code, WSASERVICE_NOT_FOUND);
  CHECK_EQUAL(NextResult(host, lookup).code, WSASERVICE_NOT_FOUND);
  CHECK_EQUAL(asked, 1);
  Change(&host);
  CheckResult(NextResult(host, lookup), L"a", 0x10);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(PollLookup(host, lookup), WSAEWOULDBLOCK);
}

TEST(another_host_cannot_go_on_with_a_feed) {
  Rounds rounds = {{{Item(L"a", 0)}, {Item(L"a", 0)}}};
  Host host(By(&rounds));
  for (const bool by_ioctl : {false, true}) {
    rounds.round = 0;
    HANDLE lookup = BeginLookup(host, kFeed);
    CheckResult(NextResult(host, lookup), L"a", 0);
    CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
    host.Restart();
    if (by_ioctl) {
      // It carries the query to the new host, which knows no more of the results for that.
      DWORD returned = 0;
      CHECK_EQUAL(
          host.table().NSPIoctl(lookup, kCode, nullptr, 0, nullptr, 0, &returned, nullptr, nullptr),
          0);
    }
    CHECK_EQUAL(NextResult(host, lookup).code, WSAENETDOWN);
    CHECK_EQUAL(NextResult(host, lookup).code, WSAENETDOWN);
    HANDLE other = BeginLookup(host, kFeed);
    CheckResult(NextResult(host, other), L"a", 0);
  }
}

TEST(a_feed_with_a_hole_stays_failed) {
  int asked = 0;
  Host host([&](const Arrived&) -> Reaction {
    ++asked;
    return {Batch(asked == 2 ? WSATRY_AGAIN : 0, {}), nsp::kFrameLastBatch};
  });
  HANDLE lookup = BeginLookup(host, kFeed);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  Change(&host);
  CHECK_EQUAL(NextResult(host, lookup).code, WSATRY_AGAIN);
  Change(&host);
  CHECK_EQUAL(NextResult(host, lookup).code, WSATRY_AGAIN);
  CHECK_EQUAL(asked, 2);
}

TEST(an_entry_that_is_no_feed_stays_at_its_end) {
  Rounds rounds = {{{Item(L"a", 0)}, {Item(L"b", 0x10)}}};
  Host host(By(&rounds));
  HANDLE lookup = BeginLookup(host, kPlain);
  CheckResult(NextResult(host, lookup), L"a", 0);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  Change(&host);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(host.Count(nsp::kFrameNext), 1);
}

TEST(aliases_come_where_this_next_wants_them) {
  Rounds rounds = {{{Item(L"a", 0), Item(L"x", 1), Item(L"y", 1), Item(L"b", 0), Item(L"z", 1)}}};
  Host host(By(&rounds));
  HANDLE lookup = BeginLookup(host, kPlain);
  CheckResult(NextResult(host, lookup), L"a", 0);
  CheckResult(NextResult(host, lookup), L"x", 1);
  CheckResult(NextResult(host, lookup, LUP_RETURN_NAME), L"b", 0);
  CheckResult(NextResult(host, lookup, LUP_RETURN_NAME | LUP_RETURN_ALIASES), L"z", 1);
  CHECK_EQUAL(NextResult(host, lookup).code, WSA_E_NO_MORE);
  // Not asked for at Begin: never wanted.
  rounds.round = 0;
  HANDLE plain = BeginLookup(host, kPlain, LUP_RETURN_NAME);
  CheckResult(NextResult(host, plain), L"a", 0);
  CheckResult(NextResult(host, plain, LUP_RETURN_ALL), L"b", 0);
  CHECK_EQUAL(NextResult(host, plain).code, WSA_E_NO_MORE);
}
