// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Whole lookups that data files answer: no frame, whatever the host does; and everything that is
// not published, not sound or not for a record goes to the host.
#include "check.h"
#include "control_writer.h"
#include "published_host.h"
#include "test_counters.h"

namespace {

uint64_t Now() {
  FILETIME time;
  GetSystemTimeAsFileTime(&time);
  return uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime;
}

constexpr uint64_t kSecond = 10000000;

// The counters that a query for kName without a class samples: global, entry, name and three
// suffixes.
const std::vector<uint32_t> kCounters(6, 0);

Block ItemOfClass(const std::wstring& name) {
  Block block = Item(name, 0);
  nsp::QuerySetHead head;
  std::memcpy(&head, block.data(), sizeof(head));
  head.present |= nsp::kHasClass;
  head.service_class[0] = 77;
  std::memcpy(block.data(), &head, sizeof(head));
  return block;
}

void OnHostThread(PublishedHost* host) {
  nsp::ControlFilter& filter = (*host)->filter();
  filter.js_thread_count = 1;
  filter.js_threads[0] = GetCurrentThreadId();
  (*host)->Publish();
}

}  // namespace

TEST(a_published_name_needs_no_host) {
  const std::function<void(PublishedHost*)> states[] = {
      [](PublishedHost*) {},
      [](PublishedHost* host) { (*host)->Stop(); },
      OnHostThread,
  };
  for (const auto& enter : states) {
    PublishedHost host;
    host.Publish(FileWithName(1, {Item(L"published", 0), Item(L"second", 0)}));
    enter(&host);
    HANDLE lookup = host.Begin();
    CHECK(NextResult(*host, lookup).name == L"published");
    CHECK(NextResult(*host, lookup).name == L"second");
    CHECK_EQUAL(NextResult(*host, lookup).code, WSA_E_NO_MORE);
    CHECK_EQUAL(NextResult(*host, lookup).code, WSA_E_NO_MORE);
    host.End(lookup);
    CHECK(host.Look({.name = L"ONE.nsp.TEST."}) == L"published");
    CHECK_EQUAL(host->Frames(), 0);
  }
}

TEST(what_is_not_published_is_asked) {
  const struct {
    const char* what;
    Ask ask;
    const wchar_t* answer;
  } rows[] = {
      {"published", {}, L"published"},
      {"another name", {.name = L"two.nsp.test"}, L"host"},
      {"not any more", {.name = L"gone.nsp.test"}, L"host"},
      {"a feed", {.entry = kFeed}, L"host"},
      {"a query string", {.query_string = L"x"}, L"host"},
      {"of another class", {.name = L"class.nsp.test"}, L"class"},
      {"no addresses", {.flags = LUP_RETURN_ADDR}, L"11004"},
      {"a name that needs the heap", {.name = std::wstring(300, L'x')}, L"long"},
  };
  for (const auto& row : rows) {
    PublishedHost host;
    DataFileBuilder file = FileWithName(3, {Item(L"published", 0)});
    file.Add({.key = KeyOf(u"gone.nsp.test"), .blocks = {Item(L"gone", 0)}});
    file.Add({.key = KeyOf(u"gone.nsp.test")});
    file.Add({.key = KeyOf(u"class.nsp.test"), .blocks = {ItemOfClass(L"class")}});
    file.Add({.key = KeyOf(std::u16string(300, u'x')), .blocks = {Item(L"long", 0)}});
    host.Publish(file);
    const bool right = host.Look(row.ask) == row.answer;
    if (!right) std::printf("  %s\n", row.what);
    CHECK(right);
    CHECK_EQUAL(host->Count(nsp::kFrameNext), std::wstring(row.answer) == L"host" ? 1 : 0);
  }
}

TEST(a_class_that_no_service_has_is_not_found) {
  PublishedHost host;
  host.Publish(FileWithName(1, {ItemOfClass(L"published")}));
  GUID id = kEntries[kPlain];
  GUID asked = {4711, 0, 0, {}};
  std::wstring name = kName;
  WSAQUERYSETW query = {};
  query.dwSize = sizeof(query);
  query.dwNameSpace = kNameSpaces[kPlain];
  query.lpszServiceInstanceName = name.data();
  query.lpServiceClassId = &asked;
  HANDLE lookup = nullptr;
  CHECK_EQUAL(host->table().NSPLookupServiceBegin(&id, &query, nullptr, LUP_RETURN_NAME, &lookup),
              0);
  CHECK_EQUAL(NextResult(*host, lookup).code, WSASERVICE_NOT_FOUND);
  CHECK_EQUAL(NextResult(*host, lookup).code, WSASERVICE_NOT_FOUND);
  CHECK_EQUAL(host->Frames(), 0);
}

TEST(an_answer_holds_while_its_time_and_counters_do) {
  const struct {
    const char* what;
    uint64_t made_at;
    uint32_t ttl_ms;
    std::vector<uint32_t> counters;
    Ask ask;
    const wchar_t* answer;
  } rows[] = {
      {"holds", Now() - kSecond, 600000, kCounters, {}, L"answer"},
      {"expired", Now() - 10 * kSecond, 9000, kCounters, {}, L"host"},
      {"of tomorrow", Now() + 3600 * kSecond, 600000, kCounters, {}, L"host"},
      {"other counters", Now() - kSecond, 600000, {0, 0, 0, 0, 0, 1}, {}, L"host"},
      {"fewer counters", Now() - kSecond, 600000, {0, 0, 0, 0, 0}, {}, L"host"},
      {"other letters", Now() - kSecond, 600000, kCounters, {.name = L"One.nsp.test"}, L"host"},
      {"other flags", Now() - kSecond, 600000, kCounters, {.flags = LUP_RETURN_ALL}, L"host"},
  };
  for (const auto& row : rows) {
    PublishedHost host;
    CHECK(host.Look() == L"host");  // tells the query's block
    DataFileBuilder file(1);
    file.Add({.kind = nsp::kDataAnswer,
              .key = host.last_query(),
              .blocks = {Item(L"answer", 0)},
              .counters = row.counters,
              .ttl_ms = row.ttl_ms,
              .made_at = row.made_at});
    host.Publish(file);
    const int before = host->Count(nsp::kFrameNext);
    const bool right = host.Look(row.ask) == row.answer;
    if (!right) std::printf("  %s\n", row.what);
    CHECK(right);
    const bool asked = host->Count(nsp::kFrameNext) != before;
    CHECK_EQUAL(asked, std::wstring(row.answer) == L"host");
  }
}

TEST(an_invalidation_makes_an_answer_void_at_once) {
  PublishedHost host;
  CHECK(host.Look() == L"host");
  RecordInit answer = {.kind = nsp::kDataAnswer,
                       .key = host.last_query(),
                       .blocks = {Item(L"answer", 0)},
                       .counters = kCounters,
                       .ttl_ms = 600000,
                       .made_at = Now()};
  DataFileBuilder file(1);
  file.Add(answer);
  host.Publish(file);
  HANDLE early = host.Begin();
  CHECK(host.Look() == L"answer");
  nsp::BumpCounter(host->control(), nsp::kCounterGlobal);
  CHECK(host.Look() == L"host");
  // Also for who began before: nobody is told what is known to be old.
  CHECK(NextResult(*host, early).name == L"host");
  DataFileBuilder next(2);
  answer.counters[0] = 1;
  answer.blocks = {};
  answer.status = WSANO_DATA;
  next.Add(answer);
  host.Publish(next);
  CHECK(host.Look() == L"11004");
}

TEST(who_wants_no_cached_word_gets_the_hosts) {
  PublishedHost host;
  const Ask ask = {.flags = LUP_RETURN_NAME | LUP_FLUSHCACHE};
  CHECK(host.Look(ask) == L"host");
  DataFileBuilder file(1);
  file.Add({.kind = nsp::kDataAnswer,
            .key = host.last_query(),
            .blocks = {Item(L"answer", 0)},
            .counters = kCounters,
            .ttl_ms = 600000,
            .made_at = Now()});
  host.Publish(file);
  CHECK(host.Look(ask) == L"host");
  file.PutHead([&] {
    nsp::DataHead head = file.head();
    head.number = 2;
    return head;
  }());
  // What is published is the namespace itself, not a copy of it.
  file.Add({.key = KeyOf(kKeyText), .blocks = {Item(L"published", 0)}});
  host.Publish(file);
  CHECK(host.Look(ask) == L"published");
}

TEST(another_number_brings_another_file) {
  PublishedHost host;
  host.Publish(FileWithName(1, {Item(L"a", 0), Item(L"b", 0)}));
  HANDLE lookup = host.Begin();
  HANDLE late = host.Begin();
  CHECK(NextResult(*host, lookup).name == L"a");
  host.Publish(FileWithName(4000000000, {Item(L"c", 0)}));
  CHECK(host.Look() == L"c");
  CHECK(NextResult(*host, late).name == L"c");
  // A lookup keeps what it has.
  CHECK(NextResult(*host, lookup).name == L"b");
  CHECK_EQUAL(NextResult(*host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(host->Frames(), 0);
  host.SetToday(0);
  CHECK(host.Look() == L"host");
  host.SetToday(1);
  CHECK(host.Look() == L"a");
}

TEST(a_file_that_is_not_sound_counts_as_empty) {
  const struct {
    const char* what;
    std::function<void(DataFileBuilder*)> change;
  } rows[] = {
      {"cut short", [](DataFileBuilder* file) { file->bytes.resize(file->bytes.size() - 4096); }},
      {"cut to nothing", [](DataFileBuilder* file) { file->bytes.clear(); }},
      {"a head alone", [](DataFileBuilder* file) { file->bytes.resize(64); }},
      {"longer", [](DataFileBuilder* file) { file->bytes.resize(file->bytes.size() + 4096); }},
      {"zeroed", [](DataFileBuilder* file) { file->bytes.assign(file->bytes.size(), 0); }},
      {"other version",
       [](DataFileBuilder* file) {
         nsp::DataHead head = file->head();
         ++head.version;
         file->PutHead(head);
       }},
      {"other number",
       [](DataFileBuilder* file) {
         nsp::DataHead head = file->head();
         head.number = 2;
         file->PutHead(head);
       }},
      {"records zeroed",
       [](DataFileBuilder* file) {
         std::fill(file->bytes.begin() + 320, file->bytes.end(), uint8_t{0});
       }},
  };
  for (const auto& row : rows) {
    PublishedHost host;
    DataFileBuilder file = FileWithName(1, {Item(L"published", 0)});
    row.change(&file);
    host.Write(1, file.bytes);
    host.SetToday(1);
    const bool right = host.Look() == L"host" && host.Look() == L"host";
    if (!right) std::printf("  %s\n", row.what);
    CHECK(right);
    // The next number is another matter.
    host.Publish(FileWithName(5, {Item(L"published", 0)}));
    CHECK(host.Look() == L"published");
  }
  PublishedHost host;
  host.SetToday(1);
  CHECK(host.Look() == L"host");
  // A folder in the file's place.
  CreateDirectoryW(host.PathOf(2).c_str(), nullptr);
  host.SetToday(2);
  CHECK(host.Look() == L"host");
  RemoveDirectoryW(host.PathOf(2).c_str());
}

TEST(a_retired_provider_serves_nothing) {
  PublishedHost host;
  host.Publish(FileWithName(1, {Item(L"published", 0)}));
  HANDLE lookup = host.Begin();
  nsp::SetRetired(host->control(), true);
  CHECK_EQUAL(NextResult(*host, lookup).code, WSAENETDOWN);
  CHECK(host.Look() == L"Begin 10108");
  CHECK_EQUAL(host->Frames(), 0);
}

TEST(the_rest_of_a_handle_works_as_ever) {
  PublishedHost host;
  host.Publish(FileWithName(1, {Item(L"published", 0)}));
  HANDLE lookup = host.Begin();
  CHECK(NextResult(*host, lookup).name == L"published");
  CHECK_EQUAL(NextResult(*host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(PollLookup(*host, lookup), WSAEWOULDBLOCK);
  nsp::BumpCounter(host->control(), nsp::kCounterGlobal);
  nsp::BumpCounter(host->control(), nsp::kCounterAny);
  CHECK_EQUAL(PollLookup(*host, lookup), 0);
  CHECK_EQUAL(host->Frames(), 0);
  // A declared code carries the query to the host.
  DWORD returned = 0;
  CHECK_EQUAL(
      host->table().NSPIoctl(lookup, kCode, nullptr, 0, nullptr, 0, &returned, nullptr, nullptr),
      0);
  CHECK_EQUAL(host->Count(nsp::kFrameIoctl), 1);
  CHECK_EQUAL(host->Count(nsp::kFrameNext), 0);
}

TEST(a_result_that_does_not_fit_stays) {
  PublishedHost host;
  host.Publish(FileWithName(1, {Item(L"published", 0)}));
  HANDLE lookup = host.Begin();
  DWORD length = 8;
  alignas(8) uint8_t small[8];
  CHECK(host->table().NSPLookupServiceNext(lookup, 0, &length,
                                           reinterpret_cast<WSAQUERYSETW*>(small)) != 0);
  CHECK_EQUAL(GetLastError(), WSAEFAULT);
  CHECK(length > 8);
  CHECK(NextResult(*host, lookup).name == L"published");
}

TEST(one_result_goes_to_the_caller_without_being_kept) {
  PublishedHost host;
  host.Publish(FileWithName(1, {Item(L"published", 0)}));
  CHECK(host.Look() == L"published");  // maps the file
  HANDLE lookup = host.Begin();
  const LONG before = nsp::Allocations();
  CHECK(NextResult(*host, lookup).name == L"published");
  CHECK_EQUAL(nsp::Allocations(), before);
  CHECK_EQUAL(NextResult(*host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(NextResult(*host, lookup).code, WSA_E_NO_MORE);
  CHECK_EQUAL(host->Frames(), 0);
}

TEST(one_result_that_was_refused_is_kept_until_it_is_given_up) {
  PublishedHost host;
  host.Publish(FileWithName(1, {Item(L"published", 0)}));
  HANDLE lookup = host.Begin();
  DWORD length = 4096;
  // No buffer at all, whatever its length.
  CHECK(host->table().NSPLookupServiceNext(lookup, 0, &length, nullptr) != 0);
  CHECK_EQUAL(GetLastError(), WSAEFAULT);
  CHECK_EQUAL(length, 4096);
  alignas(8) uint8_t room[4096];
  auto* const results = reinterpret_cast<WSAQUERYSETW*>(room);
  length = 8;
  CHECK(host->table().NSPLookupServiceNext(lookup, 0, &length, results) != 0);
  CHECK_EQUAL(GetLastError(), WSAEFAULT);
  // What another file says meanwhile is not this lookup's.
  host.Publish(FileWithName(2, {Item(L"later", 0)}));
  length = sizeof(room);
  CHECK(host->table().NSPLookupServiceNext(lookup, LUP_FLUSHPREVIOUS, &length, results) != 0);
  CHECK_EQUAL(GetLastError(), WSA_E_NO_MORE);
  CHECK_EQUAL(host->Frames(), 0);
}

TEST(a_call_that_waits_for_the_host_maps_no_old_file) {
  PublishedHost host;
  // A file that is mapped cannot be cut.
  auto is_mapped = [&host] {
    const nsp::UniqueFile file(CreateFileW(host.PathOf(1).c_str(), GENERIC_WRITE,
                                           FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                           TRUNCATE_EXISTING, 0, nullptr));
    return !file;
  };
  host.Publish(FileWithName(1, {Item(L"published", 0)}));
  CHECK(host.Look() == L"published");
  CHECK(is_mapped());
  bool was_mapped = true;
  host.before_answer = [&] {
    host.Publish(FileWithName(2, {Item(L"later", 0)}));
    CHECK(host.Look() == L"later");
    was_mapped = is_mapped();
  };
  // Nothing that is published answers a feed.
  CHECK(host.Look({.entry = kFeed}) == L"host");
  CHECK(!was_mapped);
}

TEST(polls_and_refusals_allocate_nothing) {
  PublishedHost host;
  host.Publish(FileWithName(1, {Item(L"published", 0)}));
  HANDLE lookup = host.Begin();
  CHECK(NextResult(*host, lookup).name == L"published");
  const LONG polled = nsp::Allocations();
  for (int i = 0; i < 10; ++i)
    CHECK_EQUAL(PollLookup(*host, lookup), WSAEWOULDBLOCK);
  CHECK_EQUAL(nsp::Allocations(), polled);

  host->filter().pattern_count = 0;
  host->Publish();
  CHECK(host.Look() == L"Begin 10108");  // reads the filter again
  GUID id = kEntries[kPlain];
  std::wstring name = L"some.body-elses.name";
  wchar_t context[] = L"";
  AFPROTOCOLS protocols[] = {{AF_INET, IPPROTO_TCP}, {AF_INET6, IPPROTO_TCP}};
  WSAQUERYSETW query = {};
  query.dwSize = sizeof(query);
  query.dwNameSpace = kNameSpaces[kPlain];
  query.lpszServiceInstanceName = name.data();
  query.lpszContext = context;
  query.dwNumberOfProtocols = 2;
  query.lpafpProtocols = protocols;
  const LONG refused = nsp::Allocations();
  for (int i = 0; i < 10; ++i) {
    HANDLE none = nullptr;
    CHECK(host->table().NSPLookupServiceBegin(&id, &query, nullptr, LUP_RETURN_ALL, &none) != 0);
    CHECK_EQUAL(GetLastError(), WSASERVICE_NOT_FOUND);
  }
  CHECK_EQUAL(nsp::Allocations(), refused);
}
