// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See feed.h.
#include "feed.h"

#include <algorithm>

#include "control.h"
#include "switches.h"

namespace faulty {
namespace {

bool SameItem(const Record& left, const Record& right) {
  return left.flags == right.flags && left.service_class == right.service_class &&
         Lower(left.name) == Lower(right.name);
}

Bytes Content(const Record& record) {
  ByteWriter writer;
  WriteRecord(record, &writer);
  return writer.bytes();
}

const Record* Find(const std::vector<Record>& list, const Record& wanted) {
  const auto at = std::find_if(list.begin(), list.end(),
                               [&](const Record& item) { return SameItem(item, wanted); });
  return at == list.end() ? nullptr : &*at;
}

void Tell(const Record& record, uint32_t flag, std::vector<Record>* differences) {
  differences->push_back(record);
  if (!Broken(Switch::kFeedNoFlags)) differences->back().flags |= flag;
}

}  // namespace

std::vector<Record> Differences(const std::vector<Record>& told, const std::vector<Record>& now) {
  std::vector<Record> differences;
  for (const Record& item : now) {
    const Record* before = Find(told, item);
    if (!before) {
      Tell(item, kIsAdded, &differences);
    } else if (Content(*before) != Content(item)) {
      Tell(item, kIsChanged, &differences);
    } else if (Broken(Switch::kFeedWholeSet)) {
      differences.push_back(item);
    }
  }
  for (const Record& item : told) {
    if (Find(now, item) || Broken(Switch::kFeedForgetsDeleted)) continue;
    Tell(item, kIsDeleted, &differences);
  }
  return differences;
}

std::vector<Record> WithAliases(const std::vector<Record>& records) {
  std::vector<Record> items;
  for (const Record& record : records) {
    const bool last = !record.aliases.empty() && Broken(Switch::kAliasFirst);
    if (!last) items.push_back(record);
    for (const std::wstring& name : record.aliases) {
      items.push_back(record);
      items.back().name = name;
      items.back().aliases.clear();
      if (!Broken(Switch::kAliasFlagMissing)) items.back().flags |= kIsAlias;
    }
    if (last) items.push_back(record);
  }
  return items;
}

}  // namespace faulty
