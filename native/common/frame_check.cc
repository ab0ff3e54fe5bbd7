// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See frame_check.h.
#include "frame_check.h"

#include <cstring>

#include "class_info.h"
#include "query_set.h"

namespace nsp {
namespace {

// The bytes behind the header, consumed from the front.
class Body {
 public:
  Body(const uint8_t* data, size_t left) : data_(data), left_(left) {}

  template <typename T>
  [[nodiscard]] bool Take(T* value) {
    if (left_ < sizeof(T)) return false;
    std::memcpy(value, data_, sizeof(T));
    data_ += sizeof(T);
    left_ -= sizeof(T);
    return true;
  }

  // One query-set block of exactly `bytes` bytes.
  [[nodiscard]] bool TakeQuery(size_t bytes) {
    QuerySetHead ignored;
    return TakeQuery(bytes, &ignored);
  }
  [[nodiscard]] bool TakeQuery(size_t bytes, QuerySetHead* head) {
    QuerySetView view;
    if (left_ < bytes || !ReadQuerySet(data_, bytes, &view) || view.head.size != bytes) {
      return false;
    }
    *head = view.head;
    data_ += bytes;
    left_ -= bytes;
    return true;
  }

  // One class block that fills the rest.
  [[nodiscard]] bool TakeClass() {
    ClassView view;
    if (!ReadClassInfo(data_, left_, &view) || view.head.size != left_) return false;
    data_ += left_;
    left_ = 0;
    return true;
  }

  [[nodiscard]] size_t left() const { return left_; }

 private:
  const uint8_t* data_;
  size_t left_;
};

bool CheckHello(const FrameHeader& header, Body body) {
  HelloBody hello = {};
  return header.flags == 0 && body.Take(&hello) && hello.reserved == 0 && body.left() == 0;
}

bool CheckNext(const FrameHeader& header, Body body) {
  NextBody next = {};
  if (!body.Take(&next) || next.reserved != 0) return false;
  return (header.flags & kFrameHasQuery) != 0 ? body.TakeQuery(body.left()) : body.left() == 0;
}

bool CheckIoctl(Body body) {
  IoctlBody ioctl = {};
  if (!body.Take(&ioctl) || ioctl.completion == 1 || ioctl.completion > 4) return false;
  if (ioctl.query_bytes != 0 && !body.TakeQuery(ioctl.query_bytes)) return false;
  return body.left() == ioctl.input_bytes;
}

bool CheckStillValid(Body body) {
  StillValidBody still_valid = {};
  if (!body.Take(&still_valid) || still_valid.count > kCounterCount) return false;
  for (uint32_t i = 0; i < still_valid.count; ++i) {
    CounterPair pair = {};
    if (!body.Take(&pair) || pair.index >= kCounterCount) return false;
  }
  return body.left() == 0 || body.TakeQuery(body.left());
}

bool CheckSubscribe(const FrameHeader& header, Body body) {
  SubscribeBody subscribe = {};
  if (header.flags != 0 || !body.Take(&subscribe) || subscribe.count > kCounterCount) return false;
  for (uint32_t i = 0; i < subscribe.count; ++i) {
    CounterValue value = {};
    if (!body.Take(&value) || value.index >= kCounterCount) return false;
  }
  return body.left() == 0;
}

bool CheckSetService(Body body) {
  SetServiceBody set = {};
  QuerySetHead head = {};
  return body.Take(&set) && set.operation <= 2 && set.multiple <= 1 && set.reserved == 0 &&
         body.TakeQuery(body.left(), &head) && head.flags == 0 && head.entry < kMaxEntries;
}

bool CheckInstallClass(Body body) {
  InstallClassBody install = {};
  return body.Take(&install) && install.entry < kMaxEntries && body.TakeClass();
}

bool CheckClass(Body body) {
  ClassBody named = {};
  return body.Take(&named) && named.entry < kMaxEntries && body.left() == 0;
}

// A call on a lookup names it; the others name none, and carry no query.
bool CheckCallNumbers(const FrameHeader& header) {
  const bool on_lookup =
      header.kind == kFrameNext || header.kind == kFrameIoctl || header.kind == kFrameStillValid;
  return header.call != 0 &&
         (on_lookup ? header.lookup != 0 : header.lookup == 0 && header.flags == 0);
}

}  // namespace

bool ReadFrameHeader(const uint8_t* frame, size_t bytes, FrameHeader* header) {
  if (bytes < sizeof(FrameHeader)) return false;
  std::memcpy(header, frame, sizeof(FrameHeader));
  return header->size >= sizeof(FrameHeader) && header->size <= kMaxFrameBytes;
}

uint32_t EndList::at(uint32_t index) const {
  uint32_t lookup = 0;
  std::memcpy(&lookup, lookups + size_t{index} * sizeof(lookup), sizeof(lookup));
  return lookup;
}

bool ReadEnds(const uint8_t* frame, size_t bytes, EndList* ends) {
  FrameHeader header = {};
  *ends = {};
  if (!ReadFrameHeader(frame, bytes, &header)) return false;
  if ((header.flags & kFrameHasEnds) == 0) return true;
  EndList list;
  const size_t left = bytes - sizeof(FrameHeader);
  if (left < sizeof(list.count)) return false;
  std::memcpy(&list.count, frame + bytes - sizeof(list.count), sizeof(list.count));
  if (list.count == 0 || list.count > kMaxDeferredEnds) return false;
  list.bytes = (size_t{list.count} + 1) * sizeof(uint32_t);
  if (left < list.bytes) return false;
  list.lookups = frame + bytes - list.bytes;
  for (uint32_t i = 0; i < list.count; ++i) {
    if (list.at(i) == 0) return false;
  }
  *ends = list;
  return true;
}

bool CheckClientFrame(const uint8_t* frame, size_t bytes) {
  FrameHeader header = {};
  EndList ends;
  if (!ReadFrameHeader(frame, bytes, &header) || header.size != bytes) return false;
  if ((header.flags & ~(kFrameHasQuery | kFrameHasEnds | kFrameBreakerOpened)) != 0) return false;
  if ((header.flags & kFrameBreakerOpened) != 0) {
    if (!IsCall(header.kind)) return false;
    header.flags &= static_cast<uint16_t>(~kFrameBreakerOpened);
  }
  if (!ReadEnds(frame, bytes, &ends)) return false;
  if (ends.count != 0) {
    if (!IsCall(header.kind) && header.kind != kFrameEnd) return false;
    // The rest is checked as if there were none.
    header.flags &= static_cast<uint16_t>(~kFrameHasEnds);
    bytes -= ends.bytes;
  }
  if (IsCall(header.kind) && !CheckCallNumbers(header)) return false;
  const Body body(frame + sizeof(FrameHeader), bytes - sizeof(FrameHeader));
  switch (header.kind) {
    case kFrameHello:
      return CheckHello(header, body);
    case kFrameNext:
      return CheckNext(header, body);
    case kFrameIoctl:
      return CheckIoctl(body);
    case kFrameStillValid:
      return CheckStillValid(body);
    case kFrameSubscribe:
      return CheckSubscribe(header, body);
    case kFrameSetService:
      return CheckSetService(body);
    case kFrameInstallClass:
      return CheckInstallClass(body);
    case kFrameRemoveClass:
    case kFrameClassInfo:
      return CheckClass(body);
    case kFrameEnd:
      return header.flags == 0 && header.lookup != 0 && body.left() == 0;
    case kFrameCancel:
      return header.flags == 0 && header.call != 0 && body.left() == 0;
    default:
      return false;
  }
}

bool IsCall(uint16_t kind) {
  switch (kind) {
    case kFrameNext:
    case kFrameIoctl:
    case kFrameStillValid:
    case kFrameSetService:
    case kFrameInstallClass:
    case kFrameRemoveClass:
    case kFrameClassInfo:
      return true;
    default:
      return false;
  }
}

}  // namespace nsp
