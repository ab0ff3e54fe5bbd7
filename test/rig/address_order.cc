// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The order of a name's addresses; see name_list.h.
#include <algorithm>

#include "name_list.h"
#include "wine.h"

namespace rig {
namespace {

// Precedence by the policy table of RFC 6724, of the prefixes that matter here.
int Precedence(const NameItem& item) {
  if (item.address.ss_family == AF_INET) return 35;
  const IN6_ADDR& a = reinterpret_cast<const SOCKADDR_IN6*>(&item.address)->sin6_addr;
  if (IN6_IS_ADDR_LOOPBACK(&a)) return 50;
  if (IN6_IS_ADDR_V4MAPPED(&a)) return 35;
  if ((a.u.Byte[0] & 0xfe) == 0xfc) return 3;
  return 40;
}

// Whether there is a route, as a datagram socket knows without sending anything.
class Routes {
 public:
  bool Reach(const NameItem& item) {
    if (open_ == nullptr || connect_ == nullptr || close_ == nullptr) return true;
    const SOCKET socket = open_(item.address.ss_family, SOCK_DGRAM, IPPROTO_UDP);
    if (socket == INVALID_SOCKET) return false;
    NameItem target = item;
    reinterpret_cast<SOCKADDR_IN*>(&target.address)->sin_port = htons_(9);
    const bool reached =
        connect_(socket, reinterpret_cast<SOCKADDR*>(&target.address), target.address_size) == 0;
    close_(socket);
    return reached;
  }

 private:
  static USHORT htons_(USHORT port) { return static_cast<USHORT>(port << 8 | port >> 8); }

  decltype(&::socket) open_ = RIG_WINE(socket);
  decltype(&::connect) connect_ = RIG_WINE(connect);
  decltype(&::closesocket) close_ = RIG_WINE(closesocket);
};

}  // namespace

void SortAddresses(NameList* list) {
  const auto family = [](const NameItem& item) { return item.address.ss_family; };
  const bool mixed = std::any_of(list->begin(), list->end(), [&](const NameItem& item) {
    return family(item) != family(list->front());
  });
  if (!mixed) return;
  KeepLastError keep;
  Routes routes;
  struct Ranked {
    int rank;
    NameItem item;
  };
  std::vector<Ranked> ranked;
  for (NameItem& item : *list) {
    const int rank = Precedence(item) + (routes.Reach(item) ? 100 : 0);
    ranked.push_back({rank, std::move(item)});
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const Ranked& a, const Ranked& b) { return a.rank > b.rank; });
  std::transform(ranked.begin(), ranked.end(), list->begin(),
                 [](Ranked& from) { return std::move(from.item); });
}

}  // namespace rig
