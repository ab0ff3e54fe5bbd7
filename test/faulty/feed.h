// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a handle is told after its first answer was read, where the entry is a feed: the items that
// are other than what it was told last.
#pragma once

#include <vector>

#include "record.h"

namespace faulty {

constexpr uint32_t kIsAlias = 0x01, kIsAdded = 0x10, kIsChanged = 0x20, kIsDeleted = 0x40;

std::vector<Record> Differences(const std::vector<Record>& told, const std::vector<Record>& now);
// Each record, and behind it one more for each of its aliases.
std::vector<Record> WithAliases(const std::vector<Record>& records);

}  // namespace faulty
