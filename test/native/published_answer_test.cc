// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// What a name record answers to a query: the same as a handler that yields its services.
#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "published_answer.h"

namespace {

using std::literals::operator""s;
using Block = std::vector<uint8_t>;

constexpr uint32_t kName = 0x10, kType = 0x20, kAddr = 0x100, kBlob = 0x200, kAliases = 0x400;
constexpr uint32_t kAll = 0xff0;
constexpr uint32_t kNotFound = 10108, kNoData = 11004;
constexpr uint32_t kEntry = 2, kNameSpace = 1001;

// A class of Windows by its first number and the third, which says the record of DNS.
struct Class {
  uint32_t first = 0;  // 0: no class
  uint16_t third = 0;
};
constexpr Class kNone = {};
constexpr Class kA = {0x00090035, 1}, kAaaa = {0x00090035, 28}, kPtr = {0x00090035, 12};
constexpr Class kSrv = {0x00090035, 33}, kOddRecord = {0x00090035, 99};
constexpr Class kHostName = {0x0002A800}, kHostByAddress = {0x0002A801};
constexpr Class kServiceByName = {0x0002A802}, kHostByName = {0x0002A803};
constexpr Class kHttp = {0x00090050}, kOther = {0x12345678, 9};

int answered_alone = 0;

void PutClass(nsp::QuerySetHead* head, Class id) {
  constexpr uint8_t kTail[] = {0xC0, 0, 0, 0, 0, 0, 0, 0x46};
  if (id.first == 0) return;
  head->present |= nsp::kHasClass;
  std::memcpy(head->service_class, &id.first, 4);
  std::memcpy(head->service_class + 6, &id.third, 2);
  std::memcpy(head->service_class + 8, kTail, sizeof(kTail));
}

nsp::Bytes Text(const std::u16string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), static_cast<uint32_t>(text.size() * 2)};
}

Block Encode(const nsp::QuerySetView& view) {
  Block block(nsp::MeasureQuerySet(view));
  nsp::WriteQuerySet(view, block.data());
  return block;
}

// A service as it is published. Its addresses are told by families: 'a' IPv4, '6' IPv6, 'b' another
// one (32), 'l' IPv4 with a local side alone.
struct Service {
  std::u16string name = u"one.nsp.test";
  Class id = kNone;
  std::string addresses = {};
  std::u16string aliases = {};  // each with its zero
  std::string blob = {};        // "": none
};

Block Publish(const Service& service) {
  nsp::QuerySetView view;
  view.head.present = nsp::kHasName | nsp::kHasVersion | nsp::kHasComment;
  view.name = Text(service.name);
  view.head.version = 3;
  static const std::u16string kComment = u"said";
  view.comment = Text(kComment);
  PutClass(&view.head, service.id);
  if (!service.aliases.empty()) view.head.present |= nsp::kHasAliases;
  view.aliases = Text(service.aliases);
  if (!service.blob.empty()) view.head.present |= nsp::kHasBlob;
  view.blob = {reinterpret_cast<const uint8_t*>(service.blob.data()),
               static_cast<uint32_t>(service.blob.size())};
  Block addresses;
  for (const char family : service.addresses) {
    uint8_t sockaddr[28] = {static_cast<uint8_t>(family == '6' ? 23 : family == 'b' ? 32 : 2)};
    nsp::AddressView address;
    address.head.socket_type = 1;
    address.head.protocol = 6;
    (family == 'l' ? address.local : address.remote) = {sockaddr, family == '6' ? 28u : 16u};
    Block one(nsp::MeasureAddress(address));
    nsp::WriteAddress(address, one.data());
    addresses.insert(addresses.end(), one.begin(), one.end());
    ++view.head.address_count;
  }
  view.addresses = {addresses.data(), static_cast<uint32_t>(addresses.size())};
  return Encode(view);
}

struct Ask {
  Class id = kNone;
  uint32_t flags = kAll;
  std::vector<int32_t> families = {};  // of the protocols
  std::u16string name = u"ONE.nsp.test.";
};

// Points into both.
nsp::QuerySetView Query(const Ask& ask, Block* protocols) {
  nsp::QuerySetView query;
  query.head.present = nsp::kHasName;
  query.head.flags = ask.flags;
  query.head.entry = kEntry;
  query.head.name_space = 12;
  query.name = Text(ask.name);
  PutClass(&query.head, ask.id);
  for (const int32_t family : ask.families) {
    const nsp::ProtocolPair pair = {family, 6};
    const auto* bytes = reinterpret_cast<const uint8_t*>(&pair);
    protocols->insert(protocols->end(), bytes, bytes + sizeof(pair));
    ++query.head.protocol_count;
  }
  query.protocols = {protocols->data(), static_cast<uint32_t>(protocols->size())};
  return query;
}

std::string Narrow(const nsp::Bytes& text) {
  std::string narrow;
  for (uint32_t at = 0; at < text.size; at += 2)
    narrow += text.data[at] == 0 ? '|' : static_cast<char>(text.data[at]);
  return narrow;
}

// One result as "name(class)[families]": '!' before an alias, '+' and its bytes for a blob, '#' and
// the aliases for a hostent.
std::string Describe(const nsp::QuerySetView& item) {
  std::string text = (item.head.flags & 1) != 0 ? "!" : "";
  text += Narrow(item.name);
  if ((item.head.present & nsp::kHasClass) != 0) {
    uint32_t first;
    std::memcpy(&first, item.head.service_class, 4);
    text += first == kHttp.first ? "(http)" : "(class)";
  }
  text += "[";
  nsp::Bytes rest = item.addresses;
  nsp::AddressView address;
  while (nsp::NextAddress(&rest, &address)) {
    const nsp::Bytes& side = address.remote.size == 0 ? address.local : address.remote;
    text += side.data[0] == 23 ? '6' : side.data[0] == 32 ? 'b' : 'a';
  }
  text += "]";
  if ((item.head.present & nsp::kHasBlob) != 0) {
    text += '+';
    text.append(item.blob.data, item.blob.data + item.blob.size);
  }
  if (item.head.blob_kind == nsp::kBlobHostent) text.append("#").append(Narrow(item.aliases));
  return text;
}

// What is told without a body is what the body has: the one result of a record of one service.
void CheckAlone(const nsp::QuerySetView& query, const nsp::PublishedBlocks& blocks,
                const std::string& answer) {
  nsp::QuerySetView item;
  if (nsp::AnswerAlone(query, kNameSpace, blocks, &item)) {
    CHECK("0 " + Describe(item) == answer);
    CHECK_EQUAL(blocks.count, 1);
    CHECK_EQUAL(item.head.entry, kEntry);
    CHECK_EQUAL(item.head.name_space, kNameSpace);
    CHECK_EQUAL(item.head.protocol_count, 0);
    ++answered_alone;
  }
}

// Status and results, as text; checks what all results have in common.
std::string Answer(const Ask& ask, const std::vector<Service>& services) {
  Block protocols;
  Block record;
  const nsp::QuerySetView query = Query(ask, &protocols);
  for (const Service& service : services) {
    const Block block = Publish(service);
    record.insert(record.end(), block.begin(), block.end());
  }
  record.resize(record.size() + 4);  // a record's padding
  const nsp::PublishedBlocks blocks = {{record.data(), static_cast<uint32_t>(record.size())},
                                       static_cast<uint32_t>(services.size())};
  if (!nsp::AnsweredByName(query, 0)) return "host";
  const size_t size = nsp::AnswerByName(query, kNameSpace, blocks, {});
  Block body(size);
  CHECK_EQUAL(nsp::AnswerByName(query, kNameSpace, blocks, {body.data(), body.size()}), size);
  nsp::BatchBody head;
  std::memcpy(&head, body.data(), sizeof(head));
  std::string text = std::to_string(head.status);
  size_t at = sizeof(head);
  for (uint32_t i = 0; i < head.count; ++i) {
    nsp::QuerySetView item;
    CHECK(nsp::ReadQuerySet(body.data() + at, size - at, &item));
    CHECK_EQUAL(item.head.entry, kEntry);
    CHECK_EQUAL(item.head.name_space, kNameSpace);
    CHECK_EQUAL(item.head.protocol_count, 0);
    CHECK_EQUAL(item.head.version, 3);
    CHECK_EQUAL(item.head.compare, 0);
    CHECK(Narrow(item.comment) == "said");
    // Aliases belong to a hostent alone.
    CHECK_EQUAL((item.head.present & nsp::kHasAliases) != 0,
                item.head.blob_kind == nsp::kBlobHostent);
    text.append(" ").append(Describe(item));
    at += item.head.size;
  }
  CHECK_EQUAL(at, size);
  CheckAlone(query, blocks, head.count == 1 ? text : "");
  return text;
}

struct Row {
  Ask ask;
  std::vector<Service> services;
  std::string answer;
};

void CheckRows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const std::string answer = Answer(row.ask, row.services);
    CHECK(answer == row.answer);
    if (answer != row.answer) std::printf("  %s, not %s\n", answer.c_str(), row.answer.c_str());
  }
}

const Service kPlain = {.addresses = "a6"};
const Service kWeb = {.id = kHttp, .addresses = "a6"};
const std::string kFails = std::to_string(kNotFound);
const std::string kEmpty = std::to_string(kNoData);

}  // namespace

TEST(the_class_chooses_services_and_families) {
  CheckRows({
      {{}, {kPlain}, "0 one.nsp.test[a6]"},
      {{}, {kWeb}, "0 one.nsp.test(http)[a6]"},
      {{.id = kHttp}, {kPlain, kWeb}, "0 one.nsp.test(http)[a6] one.nsp.test(http)[a6]"},
      {{.id = kOther}, {kPlain, kWeb}, "0 one.nsp.test(class)[a6]"},
      {{.id = kOther}, {kWeb}, kFails},
      {{.id = kA}, {kPlain, kWeb}, "0 one.nsp.test(class)[a] one.nsp.test(http)[a]"},
      {{.id = kAaaa}, {kWeb}, "0 one.nsp.test(http)[6]"},
      {{.id = kSrv}, {kPlain, kWeb}, "0 one.nsp.test(class)[a6]"},
      {{.id = kOddRecord}, {kPlain, kWeb}, "0 one.nsp.test(class)[a6]"},
      {{.id = kHostByName}, {kWeb}, "0 one.nsp.test(http)[a]#"},
      {{.id = kHostName}, {kWeb}, "0 one.nsp.test(http)[a]#"},
      {{.id = kPtr}, {kPlain}, "host"},
      {{.id = kHostByAddress}, {kPlain}, "host"},
      {{.id = kServiceByName}, {kPlain}, "host"},
      {{}, {}, kFails},
  });
}

TEST(protocols_choose_addresses) {
  const Service mixed = {.addresses = "a6bl"};
  CheckRows({
      {{}, {mixed}, "0 one.nsp.test[a6ba]"},
      {{.families = {2}}, {mixed}, "0 one.nsp.test[aa]"},
      {{.families = {23}}, {mixed}, "0 one.nsp.test[6]"},
      {{.families = {32, 23}}, {mixed}, "0 one.nsp.test[6b]"},
      {{.families = {0}}, {mixed}, "0 one.nsp.test[a6ba]"},
      {{.families = {31, 0}}, {mixed}, "0 one.nsp.test[a6ba]"},
      {{.id = kA}, {mixed}, "0 one.nsp.test(class)[aa]"},
      {{.id = kA, .families = {23}}, {mixed}, kEmpty},
      {{.id = kSrv}, {mixed}, "0 one.nsp.test(class)[a6a]"},
      {{.id = kOddRecord}, {mixed}, "0 one.nsp.test(class)[a6ba]"},
      {{.id = kHttp, .families = {31}}, {mixed}, kEmpty},
      {{.id = kHttp, .flags = kName, .families = {31}}, {mixed}, "0 one.nsp.test(http)[]"},
  });
}

TEST(a_result_has_what_is_wanted_or_is_none) {
  const Service bare = {};
  const Service blob = {.addresses = "6", .blob = "xyz"};
  CheckRows({
      {{}, {bare}, kEmpty},
      {{.flags = kName}, {bare}, "0 one.nsp.test[]"},
      {{.flags = kName | kType}, {bare}, "0 one.nsp.test[]"},
      {{.flags = 0}, {bare}, "0 one.nsp.test[]"},
      {{.flags = kAddr}, {bare}, kEmpty},
      {{.flags = kBlob}, {bare}, kEmpty},
      {{.flags = kBlob}, {kPlain}, kEmpty},
      {{.flags = kBlob}, {blob}, "0 one.nsp.test[6]+xyz"},
      {{.flags = kBlob | kAddr}, {kPlain}, "0 one.nsp.test[a6]"},
      {{.flags = kAddr}, {bare, kPlain}, "0 one.nsp.test[a6]"},
      {{.id = kA, .flags = kAddr}, {blob}, kEmpty},
      {{.id = kA, .flags = kAddr | kBlob}, {blob}, "0 one.nsp.test(class)[]+xyz"},
  });
}

TEST(hostents_are_made_of_what_is_published) {
  const Service both = {.addresses = "a6", .aliases = std::u16string(u"x\0yy\0", 5), .blob = "xyz"};
  const Service six = {.addresses = "6", .blob = "xyz"};
  const Ask host = {.id = kHostByName, .flags = kName | kAddr | kBlob};
  CheckRows({
      {host, {both}, "0 one.nsp.test(class)[a]#x|yy|"},
      {host, {six}, kEmpty},
      {{.id = kHostByName, .flags = kName | kBlob}, {six}, kEmpty},
      {{.id = kHostByName, .flags = kName | kAddr}, {both}, "0 one.nsp.test(class)[a]+xyz"},
      {{.id = kHostName}, {both}, "0 one.nsp.test(class)[a]#x|yy| !x(class)[a] !yy(class)[a]"},
  });
}

TEST(aliases_are_results_if_they_are_wanted) {
  const Service named = {.addresses = "a", .aliases = std::u16string(u"x\0yy\0", 5), .blob = "b"};
  CheckRows({
      {{}, {named, kPlain}, "0 one.nsp.test[a]+b !x[a]+b !yy[a]+b one.nsp.test[a6]"},
      {{.flags = kAll & ~kAliases}, {named}, "0 one.nsp.test[a]+b"},
      {{.id = kAaaa, .flags = kAddr | kAliases}, {named}, kEmpty},
      // Each service has its own addresses under all of its names.
      {{.flags = kAddr | kAliases, .families = {2, 23}},
       {{.addresses = "ab6", .aliases = named.aliases}, {.addresses = "6a", .aliases = u"z\0"s}},
       "0 one.nsp.test[a6] !x[a6] !yy[a6] one.nsp.test[6a] !z[6a]"},
  });
}

TEST(a_service_without_a_name_has_that_of_the_query) {
  nsp::QuerySetView view;
  const Block block = Encode(view);
  Block protocols;
  const Ask ask = {.flags = kName};
  const nsp::QuerySetView query = Query(ask, &protocols);
  const nsp::PublishedBlocks blocks = {{block.data(), static_cast<uint32_t>(block.size())}, 1};
  Block body(nsp::AnswerByName(query, kNameSpace, blocks, {}));
  CHECK_EQUAL(nsp::AnswerByName(query, kNameSpace, blocks, {body.data(), body.size()}),
              body.size());
  nsp::QuerySetView item;
  CHECK(nsp::ReadQuerySet(body.data() + 8, body.size() - 8, &item));
  CHECK(Narrow(item.name) == "ONE.nsp.test.");
}

TEST(other_queries_are_the_hosts) {
  Block protocols;
  const Ask ask;
  const nsp::QuerySetView plain = Query(ask, &protocols);
  const auto answered = [](const nsp::QuerySetView& query, uint32_t flags = 0) {
    return nsp::AnsweredByName(query, flags);
  };
  CHECK(answered(plain));
  CHECK(answered(plain, nsp::kEntryOwnsByDefault | nsp::kEntryHasClasses));
  CHECK(!answered(plain, nsp::kEntryFeed));
  CHECK(!answered(plain, nsp::kEntryHierarchical));
  nsp::QuerySetView query = plain;
  query.head.present = 0;
  CHECK(!answered(query));
  for (const uint32_t field : {nsp::kHasVersion, nsp::kHasQueryString, nsp::kHasBlob}) {
    query = plain;
    query.head.present |= field;
    CHECK(!answered(query));
  }
  query = plain;
  query.head.flags |= 1;  // LUP_CONTAINERS
  CHECK(!answered(query));
  const struct {
    std::u16string context;
    bool answered;
  } contexts[] = {{u"", true}, {u"\\", true}, {u"/", false}, {u"\\\\", false}, {u"a", false}};
  for (const auto& row : contexts) {
    query = plain;
    query.head.present |= nsp::kHasContext;
    query.context = Text(row.context);
    CHECK_EQUAL(answered(query), row.answered);
  }
}

TEST(blocks_that_are_not_sound_answer_nothing) {
  Block protocols;
  const Ask ask;
  const nsp::QuerySetView query = Query(ask, &protocols);
  const Block block = Publish(kPlain);
  const auto size = static_cast<uint32_t>(block.size());
  CHECK(nsp::AnswerByName(query, kNameSpace, {{block.data(), size}, 1}, {}) != 0);
  CHECK_EQUAL(nsp::AnswerByName(query, kNameSpace, {{block.data(), size}, 2}, {}), 0);
  CHECK_EQUAL(nsp::AnswerByName(query, kNameSpace, {{block.data(), size - 4}, 1}, {}), 0);
  CHECK_EQUAL(nsp::AnswerByRecord(0, {{block.data(), size - 4}, 1}, {}), 0);
  CHECK_EQUAL(nsp::AnswerByRecord(0, {{block.data(), size}, 0xffffffff}, {}), 0);
  // Each alias repeats the blob: more than a frame carries.
  Service large = {.aliases = {}, .blob = std::string(400000, 'x')};
  for (int i = 0; i < 3; ++i)
    large.aliases += std::u16string(u"x\0", 2);
  const Block many = Publish(large);
  const nsp::PublishedBlocks blocks = {{many.data(), static_cast<uint32_t>(many.size())}, 1};
  CHECK_EQUAL(nsp::AnswerByName(query, kNameSpace, blocks, {}), 0);
}

TEST(an_answer_record_is_a_body_already) {
  Block block = Publish(kPlain);
  const auto size = static_cast<uint32_t>(block.size());
  block.resize(size + 4);
  for (const uint32_t count : {0u, 1u}) {
    const nsp::PublishedBlocks record = {{block.data(), size + 4}, count};
    Block body(nsp::AnswerByRecord(kNoData, record, {}));
    CHECK_EQUAL(body.size(), 8 + count * size);
    CHECK_EQUAL(nsp::AnswerByRecord(kNoData, record, {body.data(), body.size()}), body.size());
    nsp::BatchBody head;
    std::memcpy(&head, body.data(), sizeof(head));
    CHECK_EQUAL(head.status, kNoData);
    CHECK_EQUAL(head.count, count);
    CHECK(std::memcmp(body.data() + 8, block.data(), count * size) == 0);
  }
}

TEST(what_needs_no_body_is_answered_without_one) {
  answered_alone = 0;
  Answer({}, {kPlain});
  Answer({.id = kHttp}, {kPlain});
  CHECK_EQUAL(answered_alone, 2);
  Answer({.id = kA}, {kPlain});                               // some of its addresses
  Answer({}, {kPlain, kPlain});                               // two services
  Answer({}, {{.addresses = "a", .aliases = u"other\0"s}});   // and its other names
  Answer({.id = kHttp}, {{.id = kOther, .addresses = "a"}});  // another class
  Answer({.flags = kName | kAddr}, {{.addresses = ""}});      // nothing of what is wanted
  CHECK_EQUAL(answered_alone, 2);
}
