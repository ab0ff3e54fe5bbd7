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

// The Batch body that a record makes. False: there is none.
bool Lookup::MakeBody(const DataReader& data, const DataSearch& search, const QuerySetView& query,
                      PublishedBody* body) const {
  PublishedRecord record;
  if (!record.Find(data, search)) {
    return false;
  }
  const DataFinding& found = record.found();
  const PublishedBlocks blocks = {found.blocks, found.count};
  const uint32_t name_space = state_.filter->filter.entries[entry_].name_space;
  // Mostly as long as the blocks are; else it is made once more, with room for all.
  size_t size = sizeof(BatchBody) + blocks.bytes.size;
  do {
    if (!body->room.Resize(size)) {
      return false;
    }
    const AnswerRoom room = {body->room.data(), body->room.size()};
    size = search.kind == kDataName ? AnswerByName(query, name_space, blocks, room)
                                    : AnswerByRecord(found.status, blocks, room);
  } while (size > body->room.size());
  body->size = static_cast<uint32_t>(size);
  return size != 0;
}

// By the record of the query's name. False: the name is not published, or the host alone answers
// this query.
bool Lookup::FindName(const DataReader& data, const QuerySetView& query,
                      PublishedBody* body) const {
  if (!AnsweredByName(query, state_.filter->filter.entries[entry_].flags)) {
    return false;
  }
  uint16_t short_key[kInlineNameUnits];
  Buffer long_key;
  DataSearch search;
  search.kind = kDataName;
  search.hash = static_cast<uint32_t>(question_ >> 32);
  search.key = MakeRecordKey(query.name, short_key, &long_key);
  return search.key.size != 0 && MakeBody(data, search, query, body);
}

// By an answer record that holds, now.
bool Lookup::FindAnswer(const DataReader& data, const QuerySetView& query, PublishedBody* body) {
  if ((flags_ & LUP_FLUSHCACHE) != 0) {
    return false;  // whoever says so wants the provider's own word
  }
  sample_.NoteNext(*state_.mapping);
  DataSearch search;
  search.kind = kDataAnswer;
  search.key = {query_.data(), query_.size()};
  search.hash = HashDataKey(kDataAnswer, query_.data(), query_.size());
  search.now = SystemTime();
  search.counters = sample_.at_next();
  search.counter_count = sample_.count();
  return MakeBody(data, search, query, body);
}

// Needs the lock. False: no memory.
bool Lookup::KeepPublished(const PublishedBody& body, uint32_t count) {
  Buffer kept;
  if (!kept.Resize(body.size)) {
    return false;
  }
  std::memcpy(kept.data(), body.room.data(), body.size);
  return KeepBatch(std::move(kept), count);
}

// Takes what is published for the query. False: the host is to be asked. Needs the lock; only the
// first call after another file has become today's does more than read memory. `written`: it was
// one result, as mostly, and the caller has it. Else it is kept, and what is wrong with the
// caller's buffer is said when it is written from there.
bool Lookup::TakePublished(DWORD wanted, DWORD room, void* results, bool* written) {
  if (feed_ || received_ || in_round_ || state_.mapping->data_file() == 0) {
    return false;
  }
  if ((state_.filter->filter.host_flags & kHostAsksStillValid) != 0) {
    // Before anything is read: what changes later is a change to this lookup.
    sample_.NoteNext(*state_.mapping);
  }
  QuerySetView query;
  PublishedBody body;
  {
    const Ref<DataMapping> data = provider_->control()->Data();
    if (!data || !ReadQuerySet(query_.data(), query_.size(), &query) ||
        (!FindName(data->reader(), query, &body) && !FindAnswer(data->reader(), query, &body))) {
      return false;
    }
  }
  BatchBody head;
  std::memcpy(&head, body.room.data(), sizeof(head));
  if (head.count == 1) {
    QuerySetView item;
    uint32_t need = 0;
    *written = ReadQuerySet(body.room.data() + sizeof(head), body.size - sizeof(head), &item) &&
               ((item.head.flags & RESULT_IS_ALIAS) == 0 || (wanted & LUP_RETURN_ALIASES) != 0) &&
               Write(item, wanted, room, results, &need) == 0;
    received_ = received_ || *written;
  }
  if (!*written && head.count != 0 && !KeepPublished(body, head.count)) {
    return false;
  }
  EndRound(head.status);
  return true;
}

}  // namespace nsp
