// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Answers that are published already: one batch, as if the host had sent it, without a frame or a
// wait, whatever becomes of the host.
#include <cstring>

#include "filter.h"
#include "lookup.h"
#include "provider.h"
#include "published_answer.h"

namespace nsp {
namespace {

// The name's key as it stands in records. Returns an empty one if there is no memory for it.
Bytes MakeRecordKey(const Bytes& name, uint16_t* room, Buffer* large) {
  const uint32_t units = name.size / sizeof(uint16_t);
  if (units > kInlineNameUnits) {
    if (!large->Resize(name.size)) {
      return {};
    }
    room = reinterpret_cast<uint16_t*>(large->data());
  }
  const uint32_t length = MakeKey(reinterpret_cast<const uint16_t*>(name.data), units, room);
  return {reinterpret_cast<const uint8_t*>(room), length * static_cast<uint32_t>(sizeof(*room))};
}

uint64_t SystemTime() {
  FILETIME time;
  GetSystemTimeAsFileTime(&time);
  return uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime;
}

}  // namespace

// The Batch body that a name record makes. False: the name is not published, or its record does
// not answer this query.
bool Lookup::FindName(const DataReader& data, const QuerySetView& query, Buffer* body) const {
  const ControlEntry& entry = state_.filter->filter.entries[entry_];
  if (!AnsweredByName(query, entry.flags)) {
    return false;
  }
  uint16_t short_key[kInlineNameUnits];
  Buffer long_key;
  DataSearch search;
  search.kind = kDataName;
  search.hash = static_cast<uint32_t>(question_ >> 32);
  search.key = MakeRecordKey(query.name, short_key, &long_key);
  PublishedRecord record;
  if (search.key.size == 0 || !record.Find(data, search)) {
    return false;
  }
  const PublishedBlocks blocks = {record.found().blocks, record.found().count};
  const size_t size = MeasureNameAnswer(query, entry.name_space, blocks);
  if (size == 0 || !body->Resize(size)) {
    return false;
  }
  WriteNameAnswer(query, entry.name_space, blocks, body->data());
  return true;
}

// The Batch body of an answer record that holds. Only the thread that fetches writes at_next.
bool Lookup::FindAnswer(const DataReader& data, Buffer* body) const {
  if ((flags_ & LUP_FLUSHCACHE) != 0) {
    return false;  // whoever says so wants the provider's own word
  }
  DataSearch search;
  search.kind = kDataAnswer;
  search.key = ViewOf(query_);
  search.hash = DataKeyHash(kDataAnswer, search.key);
  search.now = SystemTime();
  search.counters = sample_.at_next();
  search.counter_count = sample_.count();
  PublishedRecord record;
  if (!record.Find(data, search)) {
    return false;
  }
  const PublishedBlocks blocks = {record.found().blocks, record.found().count};
  const size_t size = MeasureWholeAnswer(blocks);
  if (size == 0 || !body->Resize(size)) {
    return false;
  }
  WriteWholeAnswer(record.found().status, blocks, body->data(), size);
  return true;
}

// Takes what is published for the query. False: the host is to be asked.
bool Lookup::TakePublished(const ControlState& state) {
  if (feed_ || state.mapping->data_file() == 0) {
    return false;
  }
  // Before anything is read: what changes later is a change to this lookup.
  {
    ExclusiveLock lock(&lock_);
    if (received_ || in_round_) {
      return false;
    }
    sample_.NoteNext(*state_.mapping);
  }
  Ref<DataMapping> data = provider_->control()->Data(*state.mapping);
  QuerySetView query;
  Buffer body;
  if (!data || !ReadQuerySet(query_.data(), query_.size(), &query) ||
      (!FindName(data->reader(), query, &body) && !FindAnswer(data->reader(), &body))) {
    return false;
  }
  BatchBody head;
  std::memcpy(&head, body.data(), sizeof(head));
  if (!KeepBatch(std::move(body), head.count)) {
    return false;
  }
  ExclusiveLock lock(&lock_);
  EndRound(head.status);
  return true;
}

}  // namespace nsp
