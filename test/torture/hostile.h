// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// hostile.exe: what is wrong on purpose. Frames of the protocol made by hand and damaged, a client
// that sends them to a host, a host that answers a DLL with them, and the program that asks there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ask.h"
#include "wire.h"

namespace torture {

using Frame = std::vector<uint8_t>;

// The same numbers from the same seed everywhere.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x632BE59BD9B4E019u) {}
  uint32_t Word();
  // 0 to limit - 1.
  uint32_t Below(uint32_t limit) { return Word() % limit; }
  bool OneIn(uint32_t count) { return Below(count) == 0; }
  // A number that somebody forgot: 0, 1, the largest ones, the signs' ends, or any.
  uint32_t Odd();

 private:
  uint64_t state_;
};

Frame MakeFrame(uint16_t kind, uint16_t flags, uint32_t call, uint32_t lookup,
                const std::vector<uint8_t>& body);

// Frames as a client may send them; `lookup` and `call` are chosen by the caller.
Frame HelloFrame();
Frame AnyClientFrame(Dice* dice, uint32_t call, uint32_t lookup);
// Asks to enumerate `name`, as the first Next of a lookup.
Frame NextFrame(const std::wstring& name, uint32_t call, uint32_t lookup, uint32_t deadline_ms);
Frame ClassInfoFrame(uint32_t call, uint32_t deadline_ms);
Frame EchoFrame(uint32_t call, uint32_t lookup, uint32_t input_bytes);

// An answer to `asked` as a host may give it.
Frame AnyAnswer(Dice* dice, const nsp::FrameHeader& asked);
Frame AnyChange(Dice* dice);

// Damages a frame in one of many ways: bits, words, lengths, kinds, numbers, cut, longer, nothing.
void Damage(Dice* dice, Frame* frame);

// What hostile.exe can do.
int RunFrames(const Arguments& arguments);
int RunHalfOpen(const Arguments& arguments);
int RunDeaf(const Arguments& arguments);
int RunFlood(const Arguments& arguments);
int RunWait(const Arguments& arguments);
int RunHostileHost(const Arguments& arguments);
int RunBesieged(const Arguments& arguments);
int RunArguments(const Arguments& arguments);
// Tells the handles and private bytes of the process pid=.
int RunMeasure(const Arguments& arguments);

uint32_t HandlesOf(DWORD process);

// The provider DLL of dll=, started for guid=. Empty if that fails: NSPCleanup is nullptr.
NSP_ROUTINE StartedTable(const Arguments& arguments);
// What a call may end with: 0, a code of Winsock, or one that Winsock has from Windows.
bool IsDocumented(DWORD code);
// 0, or the last error of a call that answered `ret`.
DWORD CodeOf(int ret);

}  // namespace torture
