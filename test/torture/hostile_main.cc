// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// hostile.exe VERB key=value...: see hostile.h. Ends with one JSON line, as torture.exe does.
#include "hostile.h"
#include "program.h"

namespace torture {
namespace {

constexpr Verb kVerbs[] = {
    {L"frames", RunFrames},     {L"half-open", RunHalfOpen},  {L"deaf", RunDeaf},
    {L"flood", RunFlood},       {L"wait", RunWait},           {L"host", RunHostileHost},
    {L"besieged", RunBesieged}, {L"arguments", RunArguments}, {L"measure", RunMeasure},
};

}  // namespace
}  // namespace torture

int wmain(int argc, wchar_t** argv) {
  return torture::RunProgram(argc, argv, torture::kVerbs);
}
