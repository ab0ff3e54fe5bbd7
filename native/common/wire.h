// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The frames of the pipe, as they lie in a message: fixed, little-endian, without pointers, the
// same bytes from 32-bit and 64-bit processes. docs/protocol.md says what each means.
#ifndef WINSOCK_NSP_COMMON_WIRE_H_
#define WINSOCK_NSP_COMMON_WIRE_H_

#include <cstddef>
#include <cstdint>

#include "constants.h"

namespace nsp {

// First bytes of every frame; one pipe message is one frame.
struct FrameHeader {
  uint32_t size;   // of the whole frame, header included; equals the message's length
  uint16_t kind;   // kFrame...
  uint16_t flags;  // kFrameHasQuery, kFrameHasEnds, kFrameBreakerOpened, kFrameLastBatch; no others
  uint32_t
      call;  // chosen by the client, unique while the call lives; 0 in frames that need no answer
  uint32_t lookup;  // the client's number for its lookup handle; 0 if none
};

// kFrameHasEnds: behind the frame's own body, padded or not, lie the numbers of lookups that have
// ended before it (uint32_t each, not 0), and as the last 4 bytes of the frame how many these are:
// 1 to kMaxDeferredEnds. Next, Ioctl, StillValid, SetService, the calls on classes and End may
// carry it.

struct HelloBody {
  uint32_t wire_version;
  uint32_t machine;     // IMAGE_FILE_MACHINE_* of the DLL
  uint32_t process_id;  // compared with the system's word, never believed
  uint32_t reserved;    // 0
};

// kFrameNext; a query block follows if kFrameHasQuery.
struct NextBody {
  uint32_t deadline_ms;  // what is left of the caller's deadline
  uint32_t reserved;     // 0
};

// kFrameIoctl; the query block (query_bytes, 0 if none) follows, then input_bytes.
struct IoctlBody {
  uint32_t deadline_ms;
  uint32_t code;
  uint32_t output_bytes;  // room in the caller's output buffer
  uint32_t completion;    // 0 synchronous, else the WSACOMPLETIONTYPE (2 event, 3 port, 4 APC)
  uint32_t query_bytes;   // multiple of 4
  uint32_t input_bytes;
};

// kFrameStillValid; `count` CounterPair (value at Begin, value at the last Next) follow, then the
// query block.
struct StillValidBody {
  uint32_t deadline_ms;
  uint32_t count;
};
struct CounterPair {
  uint32_t index;
  uint32_t at_begin;
  uint32_t at_next;
};

// kFrameSubscribe; `count` CounterValue follow. Answered by kFrameChange, at once if a value
// differs.
struct SubscribeBody {
  uint32_t sequence;  // rises with each subscription of this connection
  uint32_t count;
};
struct CounterValue {
  uint32_t index;
  uint32_t value;
};

// kFrameSetService: WSASetService; the service as a query-set block follows (its `flags` are 0).
// Belongs to no lookup (FrameHeader.lookup is 0). Answered by kFrameReply without output.
struct SetServiceBody {
  uint32_t deadline_ms;
  uint32_t operation;  // WSAESETSERVICEOP: 0 register, 1 deregister, 2 delete
  uint32_t multiple;   // 1: SERVICE_MULTIPLE
  uint32_t reserved;   // 0
};

// kFrameInstallClass; a class block follows. Answered by kFrameReply without output. The calls on
// classes belong to no lookup either.
struct InstallClassBody {
  uint32_t deadline_ms;
  uint32_t entry;  // index of the catalog entry in the control file
};

// kFrameRemoveClass, answered by kFrameReply without output; kFrameClassInfo, answered by
// kFrameReply with a class block.
struct ClassBody {
  uint32_t deadline_ms;
  uint32_t entry;
  uint8_t service_class[16];
};

// A WSASERVICECLASSINFO. After the head: the class name (uint32 byte length, UTF-16 without a
// terminator, padded to 4 bytes), then property_count properties: name (likewise), ClassProperty,
// `value_bytes` bytes padded to 4.
struct ClassHead {
  uint32_t size;  // of the block, head included, multiple of 4
  uint32_t property_count;
  uint8_t service_class[16];
};
struct ClassProperty {
  uint32_t name_space;
  uint32_t type;  // REG_*
  uint32_t value_bytes;
};

// kFrameBatch; `count` query-set blocks follow. kFrameLastBatch: nothing comes after these.
struct BatchBody {
  uint32_t status;  // 0 or the Winsock code that ends the lookup after these items
  uint32_t count;
};

// kFrameReply (ioctl, still-valid); `bytes` of output follow if status is 0.
struct ReplyBody {
  uint32_t status;  // 0 or a Winsock code
  uint32_t bytes;   // output length; with WSAEFAULT the length needed, and nothing follows
};

// kFrameChange; `count` ChangeItem follow.
struct ChangeBody {
  uint32_t count;
  uint32_t reserved;  // 0
};
struct ChangeItem {
  uint32_t index;
  uint32_t sequence;  // completes what subscribed to `index` with this sequence or an earlier one
};

// A query, a service to register (client to host) or one result (host to client). After the head,
// each padded to 4 bytes: name, comment, context, query string (uint32 byte length, UTF-16 without
// a terminator), blob (uint32 length, bytes), aliases (uint32 byte length, UTF-16, each alias with
// a terminator), only those in `present`; then protocol_count ProtocolPair, then
// address_count addresses (AddressHead, local bytes, remote bytes, each padded to 4).
struct QuerySetHead {
  uint32_t size;  // of the block, head included, multiple of 4
  uint32_t present;
  uint32_t name_space;
  uint32_t flags;  // query: LUP_* of Begin; result: RESULT_IS_*
  uint32_t entry;  // index of the catalog entry in the control file
  uint32_t version;
  uint32_t compare;  // WSAECOMPARATOR
  uint8_t service_class[16];
  uint32_t protocol_count;
  uint32_t address_count;
  uint32_t blob_kind;  // result: kBlobHostent, kBlobServent: the DLL makes the blob, laid out for
                       // its process, from name, aliases and addresses (servent: port and protocol
                       // are those of service_class); else 0
};
struct ProtocolPair {
  int32_t family;
  int32_t protocol;
};
struct AddressHead {
  int32_t socket_type;
  int32_t protocol;
  uint32_t local_bytes;
  uint32_t remote_bytes;
};

static_assert(sizeof(FrameHeader) == kFrameHeaderBytes);
static_assert(sizeof(QuerySetHead) == kQuerySetHeadBytes);
static_assert(offsetof(QuerySetHead, service_class) == 28);
static_assert(sizeof(IoctlBody) == 24);
static_assert(sizeof(ClassHead) == 24);

}  // namespace nsp

#endif  // WINSOCK_NSP_COMMON_WIRE_H_
