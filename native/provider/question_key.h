// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What the filter is asked about a client's name and class; keeps the name's key.
#ifndef WINSOCK_NSP_PROVIDER_QUESTION_KEY_H_
#define WINSOCK_NSP_PROVIDER_QUESTION_KEY_H_

#include "client_fields.h"
#include "filter.h"

namespace nsp {

class QuestionKey {
 public:
  // Puts name and class into `question`, which points into this object and into `fields`
  // afterwards. Returns 0 or WSA_NOT_ENOUGH_MEMORY.
  [[nodiscard]] DWORD Put(const ClientFields& fields, FilterQuestion* question) {
    uint16_t* key = short_key_;
    if (fields.name_units() > kInlineNameUnits) {
      if (!long_key_.Resize(fields.name_units() * sizeof(uint16_t))) {
        return WSA_NOT_ENOUGH_MEMORY;
      }
      key = reinterpret_cast<uint16_t*>(long_key_.data());
    }
    question->has_name = fields.has_name();
    question->key = key;
    question->key_units = MakeKey(fields.name(), fields.name_units(), key, &question->name_is_key);
    question->service_class = fields.service_class();
    return 0;
  }

 private:
  Buffer long_key_;
  uint16_t short_key_[kInlineNameUnits + 1];
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_QUESTION_KEY_H_
