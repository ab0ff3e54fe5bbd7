// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One lookup handle: its query, what the host has answered so far, what it has seen of changes,
// what pends on it. All functions may be called on any thread, several at once, and while End runs.
#ifndef WINSOCK_NSP_PROVIDER_LOOKUP_H_
#define WINSOCK_NSP_PROVIDER_LOOKUP_H_

#include "deadline.h"
#include "frame.h"
#include "pending_request.h"
#include "query.h"
#include "round_trip.h"

namespace nsp {

// NSPIoctl's arguments as they came; all pointers are the client's.
struct IoctlCall {
  DWORD code;
  const void* input;
  DWORD input_bytes;
  void* output;
  DWORD output_bytes;
  void* bytes_returned;
  const void* completion;
  const void* thread_id;
};

class Lookup : public Counted<Lookup> {
 public:
  // Most programs have one lookup after the other.
  static SpareBlock spare;

  Lookup(Ref<Provider> provider, uint32_t entry, uint32_t flags, ControlState state);
  ~Lookup();

  // Takes the query over as a block, samples the counters. No pipe, no wait. `data`: of Ask; what
  // Next will read of it is fetched ahead.
  [[nodiscard]] DWORD Begin(const Query& query, const FilterQuestion& question,
                            const MappedData& data);

  // NSPLookupServiceNext. `length` is the client's pointer. May wait for the host until the lookup
  // deadline; End wakes it. `data`: of FindLookup; taken.
  [[nodiscard]] DWORD Next(DWORD flags, void* length, void* results, MappedData* data);

  // A poll would find nothing: `any`, which every change bumps last, is as it was when all counters
  // were looked at. Only reads memory.
  [[nodiscard]] bool IsClean() const {
    const uint64_t clean = clean_.load(std::memory_order_acquire);
    return (clean & kClean) != 0 && state_.IsUnchanged(static_cast<uint32_t>(clean));
  }

  // NSPIoctl. Polls and notify requests wait for nothing (but see `stillValid`); custom codes
  // without a completion wait until the ioctl deadline.
  [[nodiscard]] DWORD Ioctl(const IoctlCall& call);

  // Wakes who waits, aborts what pends. The handle is out of the table already, and the caller has
  // the table's reference. Waits for no answer.
  void End();

  // A claimed request is about to be delivered: its slot is free again, so that a client that is
  // told can register at once, and End waits until EndDelivery. `reported`: the client is being
  // told of a change.
  void BeginDelivery(PendingRequest* request, bool reported);
  void EndDelivery();

  Provider* provider() const { return provider_.get(); }
  uint32_t entry() const { return entry_; }

 private:
  static constexpr uint64_t kClean = uint64_t{1} << 32;

  struct Batch {
    Batch* next = nullptr;
    Buffer body;
    uint32_t offset = 0;  // of the item to come
    uint32_t left = 0;    // items to come
  };

  // A lookup of the host's: its number, and the serial of the connection that has it; 0: none.
  struct Known {
    uint32_t number = 0;
    uint32_t on = 0;
  };

  // One operation. `body` has its fixed part and, of an ioctl, the input; the query goes between
  // the two, and its length is stored at `query_bytes_at` (0: the frame has no such field).
  struct Outgoing {
    uint32_t kind;
    Bytes body;
    uint32_t query_bytes_at;
  };

  // lookup.cc: results. Those with a lock parameter need it held.
  DWORD WriteItem(DWORD wanted, void* length, DWORD room, void* results);
  DWORD Write(const QuerySetView& item, DWORD wanted, DWORD room, void* results,
              uint32_t* need) const;
  void DropItem();
  DWORD EndStatus();
  bool SkipAliases(DWORD wanted);
  bool FeedHasMore() const;
  void WaitForDeliveries();
  bool Sleep(DWORD ms);
  void WakeSleepers();
  bool Current(QuerySetView* item) const;
  bool CurrentHead(QuerySetHead* head) const;
  void DropBatch();

  // lookup_host.cc: the round trips. None holds the lock while it waits.
  DWORD Fetch(const Deadline& deadline);
  RoundTrip TripOf(const ControlState& state, uint32_t kind, const Deadline& deadline, Call* call);
  bool BuildFrame(const Outgoing& out, uint32_t wire_id, bool with_query, const Deadline& deadline,
                  Frame* frame);
  DWORD SendOn(Connection* connection, const Outgoing& out, const Deadline& deadline, Call* call);
  DWORD FetchInto(Call* call, const ControlState& state, const Deadline& deadline);
  DWORD TakeBatch(Call* call);
  bool KeepBatch(Buffer body, uint32_t count);
  void EndRound(DWORD status);
  void SpoilFeed(DWORD code);
  bool Enlist(Call* call);
  bool EnlistLocked(Call* call);
  void Delist(Call* call);
  void Restart(bool answered);
  void TellEnd(const Known& known, bool idle);

  // lookup_published.cc: answers without the host.
  bool TakePublished(DWORD wanted, DWORD room, void* results, MappedData* mapped, bool* written);
  Ref<DataMapping> Today(MappedData* mapped) const;
  bool ReadQuery(QuerySetView* query) const;
  uint32_t FindPublished(const DataReader& data, const QuerySetView& query,
                         PublishedRecord* record);
  bool FindName(const DataReader& data, const QuerySetView& query, PublishedRecord* record) const;
  bool FindAnswer(const DataReader& data, PublishedRecord* record);
  bool KeepPublished(uint32_t kind, const QuerySetView& query, const DataFinding& found);

  // lookup_ioctl.cc
  DWORD Poll(const IoctlCall& call, const ControlState& state, bool vouching);
  DWORD Register(const CompletionRequest& completion, const IoctlCall& call,
                 const ControlState& state, bool vouching);
  DWORD StillValid(const ControlState& state, bool* valid);
  DWORD Custom(const IoctlCall& call, const ControlState& state);
  DWORD CustomAsync(const CompletionRequest& completion, const IoctlCall& call,
                    const ControlState& state, const Buffer& body);
  DWORD Ask(const ControlState& state, uint32_t kind, const Bytes& body, uint32_t query_bytes_at,
            const Deadline& deadline, Call* call);
  DWORD TakeSlot(PendingRequest* request);
  void ReleaseSlot(PendingRequest* request);
  void ClearSlot(PendingRequest* request, Ref<PendingRequest>* old);
  DWORD Prepare(const CompletionRequest& completion, const IoctlCall& call,
                PendingRequest* request);
  bool Watch(PendingRequest* request);

  // Immutable after Begin.
  Ref<Provider> provider_;
  const uint32_t entry_;
  const uint32_t flags_;
  const bool feed_;
  bool name_is_key_ = false;
  bool name_alone_ = false;  // the query's block has no other field behind its head
  uint32_t class_hash_ = 0;
  const ControlState state_;  // under which it began: mapping and filter of that time
  QueryBlock query_;

  SRWLOCK lock_ = SRWLOCK_INIT;  // guards the members below
  CONDITION_VARIABLE changed_ = CONDITION_VARIABLE_INIT;
  CounterSample sample_;
  // `any` and kClean, if the sample was found unchanged then and nothing was acknowledged since.
  std::atomic<uint64_t> clean_{0};
  Call* waiting_ = nullptr;
  Ref<PendingRequest> notify_;
  Ref<PendingRequest> custom_;
  uint32_t delivering_ = 0;  // completions between their claim and their signal
  uint32_t sleepers_ = 0;    // threads that wait for `changed_`

  uint32_t wire_id_ = 0;     // 0: no frame has needed it
  uint32_t query_on_ = 0;    // serial of the connection that has the query
  uint32_t results_on_ = 0;  // serial of the connection that was last asked for results
  Known left_;               // of a number given up, for the ioctls that are under way there
  std::atomic<bool> ended_{false};
  bool query_sending_ = false;  // a thread is sending it; the others wait
  bool fetching_ = false;
  bool received_ = false;  // an item came: the lookup cannot be started over
  bool refused_ = false;   // the present item did not fit last time
  bool finished_ = false;
  DWORD final_ = 0;
  // Feeds only.
  bool in_round_ = false;  // a batch of this round came, but not its last
  bool end_told_ = false;  // Next has answered the end of a round
  bool stale_ = false;     // the next round was begun, but nothing of it came
  bool again_ = false;     // this is not the first round
  Batch* first_ = nullptr;
  Batch* last_ = nullptr;
  Batch only_;  // most lookups have no other
};

}  // namespace nsp

#endif  // WINSOCK_NSP_PROVIDER_LOOKUP_H_
