// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Tests of call_table.h and subscription.h.
#include "call_table.h"

#include "check.h"
#include "subscription.h"

namespace {

const nsp::Clock::time_point kStart{};
nsp::Call CallDue(int ms, uint32_t lookup = 1) {
  return {nsp::kFrameNext, lookup, kStart + std::chrono::milliseconds(ms)};
}

}  // namespace

TEST(LivingNumberIsNotGivenTwice) {
  nsp::CallTable calls;
  CHECK(calls.Add({1, 5}, CallDue(10)));
  CHECK(!calls.Add({1, 5}, CallDue(20)));
  CHECK(calls.Add({2, 5}, CallDue(30)));
  CHECK(calls.Remove({1, 5}));
  CHECK(!calls.Remove({1, 5}));
  CHECK(calls.Add({1, 5}, CallDue(40)));
  CHECK_EQUAL(calls.size(), 2);
}

TEST(DueCallsComeInOrderAndOnce) {
  nsp::CallTable calls;
  CHECK(!calls.NextDue());
  CHECK(calls.Add({1, 1}, CallDue(30)));
  CHECK(calls.Add({1, 2}, CallDue(10)));
  CHECK(calls.Add({1, 3}, CallDue(10)));
  CHECK(*calls.NextDue() == kStart + std::chrono::milliseconds(10));
  CHECK(!calls.TakeDue(kStart + std::chrono::milliseconds(9)));
  CHECK_EQUAL(calls.TakeDue(kStart + std::chrono::milliseconds(10))->first.call, 2);
  CHECK_EQUAL(calls.TakeDue(kStart + std::chrono::milliseconds(10))->first.call, 3);
  CHECK(!calls.TakeDue(kStart + std::chrono::milliseconds(29)));
  CHECK_EQUAL(calls.CountOf(1), 1);
}

TEST(EndOfALookupTakesItsCallsOnly) {
  nsp::CallTable calls;
  CHECK(calls.Add({1, 1}, CallDue(10, 7)));
  CHECK(calls.Add({1, 2}, CallDue(10, 8)));
  CHECK(calls.Add({1, 3}, CallDue(10, 7)));
  CHECK(calls.Add({2, 1}, CallDue(10, 7)));
  calls.RemoveLookup(1, 7);
  CHECK_EQUAL(calls.CountOf(1), 1);
  CHECK_EQUAL(calls.CountOf(2), 1);
  calls.RemoveClient(1);
  CHECK_EQUAL(calls.CountOf(1), 0);
  CHECK_EQUAL(calls.size(), 1);
  CHECK_EQUAL(calls.TakeDue(kStart + std::chrono::hours(1))->first.client, 2);
  CHECK(!calls.NextDue());
}

TEST(SubscriptionsCostOneNumberACounter) {
  nsp::Subscriptions subscriptions;
  for (uint32_t sequence = 1; sequence <= 100; ++sequence)
    subscriptions.Add(5, sequence);
  subscriptions.Add(5, 7);
  subscriptions.Add(6, 101);
  CHECK_EQUAL(subscriptions.size(), 2);
  std::vector<nsp::ChangeItem> items;
  subscriptions.Take(5, &items);
  subscriptions.Take(5, &items);
  subscriptions.Take(4, &items);
  CHECK_EQUAL(items.size(), 1);
  CHECK_EQUAL(items[0].index, 5);
  CHECK_EQUAL(items[0].sequence, 100);
  CHECK_EQUAL(subscriptions.size(), 1);
}
