// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a provider whose `lookup` knows the published services of a name would answer a query: the
// rules of lib/host/answer.ts, applied to a name record (data_file.h). Portable and freestanding;
// nothing here allocates or waits.
#ifndef WINSOCK_NSP_COMMON_PUBLISHED_ANSWER_H_
#define WINSOCK_NSP_COMMON_PUBLISHED_ANSWER_H_

#include "query_set.h"

namespace nsp {

// True if a name record answers this query under an entry with these kEntry... flags. The others
// are the host's.
[[nodiscard]] bool AnsweredByName(const QuerySetView& query, uint32_t entry_flags);

// Blocks of a record, which may be followed by the padding of the record.
struct PublishedBlocks {
  Bytes bytes;
  uint32_t count = 0;
};

struct AnswerRoom {
  uint8_t* data = nullptr;
  size_t bytes = 0;
};

// The Batch body that answers `query` (one that AnsweredByName takes) by the blocks of a name
// record. `name_space` is that of the catalog entry. Returns the body's size; 0: the blocks are not
// sound, or the answer fits no frame. A body that is larger than `room` is only measured.
[[nodiscard]] size_t AnswerByName(const QuerySetView& query, uint32_t name_space,
                                  const PublishedBlocks& record, const AnswerRoom& room);

// The one result of that body, if the record has no other service, the query can use all of its
// addresses, and wants no other names of it: most answers need no body. The views of `result` point
// to where the record and the query lie. False: the body is to be made.
[[nodiscard]] bool AnswerAlone(const QuerySetView& query, uint32_t name_space,
                               const PublishedBlocks& record, QuerySetView* result);

// The body that an answer record makes, which is a whole answer already.
[[nodiscard]] size_t AnswerByRecord(uint32_t status, const PublishedBlocks& record,
                                    const AnswerRoom& room);

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_PUBLISHED_ANSWER_H_
