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
  bool same;
  const uint32_t length = MakeKey(reinterpret_cast<const uint16_t*>(name.data), units, room, &same);
  return {reinterpret_cast<const uint8_t*>(room), length * static_cast<uint32_t>(sizeof(*room))};
}

uint64_t SystemTime() {
  FILETIME time;
  GetSystemTimeAsFileTime(&time);
  return uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime;
}

}  // namespace

// The record of the query's name. False: the name is not published, or the host alone answers this
// query.
bool Lookup::FindName(const DataReader& data, const QuerySetView& query,
                      PublishedRecord* record) const {
  if (!AnsweredByName(query, state_.filter().entries[entry_].flags)) {
    return false;
  }
  uint16_t short_key[kInlineNameUnits];
  Buffer long_key;
  DataSearch search;
  search.kind = kDataName;
  search.hash = sample_.name_hash();
  search.key = name_is_key_ ? query.name : MakeRecordKey(query.name, short_key, &long_key);
  return search.key.size != 0 && record->Find(data, search);
}

// An answer record that holds, now.
bool Lookup::FindAnswer(const DataReader& data, PublishedRecord* record) {
  if ((flags_ & LUP_FLUSHCACHE) != 0) {
    return false;  // whoever says so wants the provider's own word
  }
  sample_.NoteNext(state_.mapping());
  DataSearch search;
  search.kind = kDataAnswer;
  search.key = {query_.data(), query_.size()};
  search.hash = HashDataKey(kDataAnswer, query_.data(), query_.size());
  search.now = SystemTime();
  search.counters = sample_.at_next();
  search.counter_count = sample_.count();
  return record->Find(data, search);
}

// Today's data file, if there is one; mostly it is `mapped`, without a look at the control view.
Ref<DataMapping> Lookup::Today(MappedData* mapped) const {
  bool fresh = false;
  const uint32_t number = state_.DataFile(&fresh);
  if (number == 0) {
    return {};
  }
  return fresh && mapped->mapping && mapped->number == number ? std::move(mapped->mapping)
                                                              : provider_->control()->Data();
}

// The query, out of the block that this object wrote itself.
bool Lookup::ReadQuery(QuerySetView* query) const {
  if (!name_alone_) {
    return ReadQuerySet(query_.data(), query_.size(), query);
  }
  const uint8_t* const name = query_.data() + sizeof(query->head);
  std::memcpy(&query->head, query_.data(), sizeof(query->head));
  std::memcpy(&query->name.size, name, sizeof(query->name.size));
  query->name.data = name + sizeof(query->name.size);
  return true;
}

// Copies the record that answers the query. Returns its kind; 0: there is none.
uint32_t Lookup::FindPublished(const DataReader& data, const QuerySetView& query,
                               PublishedRecord* record) {
  if (FindName(data, query, record)) {
    return kDataName;
  }
  return FindAnswer(data, record) ? kDataAnswer : 0;
}

// Keeps what a record answers as a batch. False: it does not, or there is no memory.
bool Lookup::KeepPublished(uint32_t kind, const QuerySetView& query, const DataFinding& found) {
  const PublishedBlocks blocks = {found.blocks, found.count};
  const uint32_t name_space = state_.filter().entries[entry_].name_space;
  Buffer body;
  // Mostly as long as the blocks are; else it is made once more, with room for all.
  size_t size = sizeof(BatchBody) + blocks.bytes.size;
  do {
    if (!body.Resize(size)) {
      return false;
    }
    const AnswerRoom room = {body.data(), body.size()};
    size = kind == kDataName ? AnswerByName(query, name_space, blocks, room)
                             : AnswerByRecord(found.status, blocks, room);
  } while (size > body.size());
  if (size == 0) {
    return false;
  }
  body.Truncate(size);
  BatchBody head;
  std::memcpy(&head, body.data(), sizeof(head));
  if (head.count != 0 && !KeepBatch(std::move(body), head.count)) {
    return false;
  }
  EndRound(head.status);
  return true;
}

// Takes what is published for the query. False: the host is to be asked. Needs the lock; only the
// first call after another file has become today's does more than read memory. `written`: it was
// one result, as mostly, and the caller has it. Else it is kept, and what is wrong with the
// caller's buffer is said when it is written from there.
bool Lookup::TakePublished(DWORD wanted, DWORD room, void* results, MappedData* mapped,
                           bool* written) {
  if (feed_ || received_ || in_round_) {
    return false;
  }
  if ((state_.filter().host_flags & kHostAsksStillValid) != 0) {
    // Before anything is read: what changes later is a change to this lookup.
    sample_.NoteNext(state_.mapping());
  }
  QuerySetView query;
  PublishedRecord record;
  uint32_t kind = 0;
  if (const Ref<DataMapping> data = Today(mapped)) {
    kind = ReadQuery(&query) ? FindPublished(data->reader(), query, &record) : 0;
  }
  if (kind == 0) {
    return false;
  }
  const DataFinding& found = record.found();
  const uint32_t name_space = state_.filter().entries[entry_].name_space;
  QuerySetView item;
  uint32_t need = 0;
  *written = kind == kDataName &&
             AnswerAlone(query, name_space, {found.blocks, found.count}, &item) &&
             Write(item, wanted, room, results, &need) == 0;
  if (*written) {
    received_ = true;
    EndRound(0);
    return true;
  }
  return KeepPublished(kind, query, found);
}

}  // namespace nsp
