// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// WSASERVICECLASSINFO: one to hand to a call, built inside a known block, and one that a call has
// written, read with distrust of every pointer in it.
#pragma once

#include <memory>
#include <string>

#include "json.h"
#include "memory.h"

namespace client {

// class=GUID, or @null, @unmapped, @readonly; NULL if the key is missing.
struct ClassId {
  explicit ClassId(const Command& command);
  ClassId(const ClassId&) = delete;
  ClassId& operator=(const ClassId&) = delete;
  GUID value{};
  GUID* pointer = nullptr;
};

class ClassDescription {
 public:
  // Keys: class, classname, props=NAME:NAMESPACE:TYPE:HEX,... Each of class, classname and props
  // can be @null, @unmapped or @readonly, as can propname, propvalue (of the first property) and
  // info (the structure itself); count= and propsize= replace what the list says. odd=N puts the
  // structures N bytes past where they belong.
  explicit ClassDescription(const Command& command);

  void* get() const { return pointer_; }
  bool Unchanged() const { return hash_ == block_->Hash(); }
  // Overwrites and unmaps everything, as a client may after the call.
  void Discard() { Bury(std::move(block_)); }

 private:
  void* Copy(const void* data, size_t size, size_t odd = 0);
  void* Text(const std::wstring& text);
  void FillProperties(const Command& command, WSASERVICECLASSINFOW& info);

  std::shared_ptr<Block> block_;
  size_t used_ = 0;
  size_t odd_;
  void* pointer_ = nullptr;
  uint64_t hash_ = 0;
};

// Everything the structure at `buffer` says, plus `problems`: pointers outside [buffer, buffer +
// size), members that are not aligned, strings without an end.
Json DescribeClass(const void* buffer, size_t size);

}  // namespace client
