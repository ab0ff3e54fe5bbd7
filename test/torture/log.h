// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a client did and what it was told, in a mapped file of its own: whatever kills the process,
// the records stay. join.mjs reads them afterwards.
#pragma once

#include <cstdint>

#include "windows_api.h"

namespace torture {

enum Kind : uint32_t {
  kIssued = 1,     // a request is about to be handed over; type: its completion
  kAccepted = 2,   // the call answered 997
  kRefused = 3,    // it answered something else: code
  kCompleted = 4,  // its completion came; code: how it ended
  kCall = 5,       // a call ended; type: which, code, value: microseconds
  kBareWait = 6,   // a timed wait ended; value: microseconds
  kEnding = 7,     // the handle of a pending request is about to be ended
  kFinished = 8,   // the process ends in order; nothing comes any more
  kWrong = 9,      // an answer that is not the question's; type says what
};

enum CallType : uint32_t { kBegin = 1, kNext, kPoll, kIoctl, kRegister, kEnd };

#pragma pack(push, 4)
struct Record {
  uint32_t kind;  // written last
  uint32_t id;
  uint32_t type;
  uint32_t code;
  uint64_t at;  // microseconds since 1970
  uint32_t value;
  uint32_t extra;
};
#pragma pack(pop)
static_assert(sizeof(Record) == 32);

class Log {
 public:
  // False: the file cannot be made.
  bool Open(const wchar_t* path, uint32_t records);
  void Add(Kind kind, uint32_t id, uint32_t type, uint32_t code, uint32_t value = 0,
           uint32_t extra = 0);

 private:
  Record* records_ = nullptr;
  LONG room_ = 0;
  LONG used_ = 0;
};

Log& TheLog();

// Microseconds since 1970, the clock that Date.now() reads.
uint64_t WallMicroseconds();
// Microseconds of a clock that never jumps.
uint64_t SteadyMicroseconds();

}  // namespace torture
