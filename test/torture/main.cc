// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// torture.exe VERB key=value...: a program that knows nothing but ws2_32 and behaves as badly as
// the verb says. log= names the file of its records.
#include "program.h"
#include "verbs.h"

namespace torture {
namespace {

constexpr Verb kVerbs[] = {
    {L"load", RunLoad},
    {L"names", RunNames},
    {L"follow", RunFollow},
    {L"leak", RunLeak},
    {L"exit-threads", RunExitThreads},
    {L"cleanup", RunCleanup},
    {L"unload", RunUnload},
    {L"exit-inside", RunExitInside},
    {L"impersonate", RunImpersonate},
    {L"closed", RunClosed},
    {L"reused", RunReused},
    {L"ended", RunEnded},
    {L"memory", RunMemory},
    {L"race", RunRace},
    {L"points", RunPoints},
};

}  // namespace
}  // namespace torture

int wmain(int argc, wchar_t** argv) {
  return torture::RunProgram(argc, argv, torture::kVerbs);
}
