// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Builds a WSAQUERYSET and everything it points to inside one known block, so that a test can see
// whether it was written to, and can take it away after the call.
#pragma once

#include <memory>
#include <string>

#include "memory.h"

namespace client {

class Query {
 public:
  // Keys: name class version how comment ns provider context protocols query addr socktype
  // protocol oflags blob dwsize; each absent key leaves its field NULL or 0. Pointers can be
  // @null, @unmapped or @readonly, also remote, local (of the first address) and blobdata;
  // nprotocols, naddr, remotelength and blobsize replace what is true. addr=REMOTE[~LOCAL],...
  // with sides as address.h has them or `none`. q=@... replaces the whole structure, qro=1
  // write-protects it, odd=N puts everything N bytes past where it belongs.
  Query(const Command& command, bool ansi);

  void* get() const { return pointer_; }
  // Nothing in the structure or behind it has changed since it was built.
  bool Unchanged() const { return hash_ == block_->Hash(); }
  // Overwrites and unmaps everything, as a client may after the call. The addresses stay reserved
  // for a while, so that a late reader crashes instead of reading something else.
  void Discard();
  // Leaves everything readable and unchanged for the rest of the process's life.
  void Keep() { new std::shared_ptr<Block>(block_); }

 private:
  void* Take(size_t size);
  void* Copy(const void* data, size_t size);
  void* String(const Command& command, const char* key, bool ansi);
  void FillNames(const Command& command, bool ansi);
  void FillFilters(const Command& command);
  SOCKET_ADDRESS Side(const std::string& text);
  void FillAddresses(const Command& command);
  void FillBlob(const Command& command);

  std::shared_ptr<Block> block_;
  size_t used_ = 0;
  size_t odd_;
  WSAQUERYSETW* set_ = nullptr;
  void* pointer_ = nullptr;
  uint64_t hash_ = 0;
};

}  // namespace client
