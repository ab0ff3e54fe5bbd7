// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The table of switches: name and the checklist rows that it breaks, its own row first.
// switches.json beside it is made from this table by make-switches.mjs.
#include "switches.h"

#include <cstring>

#include "winsock.h"

namespace rig {
namespace {

struct Row {
  const char* name;
  const char* rows;
};

constexpr Row kTable[] = {
    {"begin-null-pointer", "BEGIN-16"},     {"begin-zero-size", "BEGIN-17"},
    {"begin-null-class", "BEGIN-18"},       {"next-no-more-code", "NEXT-20 DISP-07"},
    {"next-ansi-size", "NEXT-21"},          {"end-null", "END-05"},
    {"ioctl-first-of-many", "IOCTL-42"},    {"ioctl-counts-refused", "IOCTL-43"},
    {"ioctl-missing-code", "IOCTL-44"},     {"ioctl-no-thread", "IOCTL-45"},
    {"ioctl-counts-namespace", "IOCTL-46"}, {"ioctl-probes-completion", "IOCTL-47"},
    {"start-null-entry", "START-12"},       {"no-startup-check", "DISP-01"},
    {"fan-out-reversed", "DISP-02"},        {"begin-last-decides", "DISP-03 IOCTL-43"},
    {"begin-first-error", "DISP-04"},       {"begin-no-match-code", "DISP-05 INST-10"},
    {"load-failure-fatal", "DISP-06"},      {"next-stops-at-first", "DISP-07"},
    {"next-skips-too-small", "DISP-08"},    {"names-first-lost", "NAME-01"},
    {"names-one-family", "NAME-02"},        {"names-no-data-code", "NAME-03"},
    {"names-no-canonical", "NAME-04"},      {"names-provider-ignored", "NAME-05"},
    {"hostent-aliases-lost", "NAME-06"},    {"hostent-offsets-unfixed", "NAME-07 NAME-06"},
    {"names-suffix-added", "NAME-08"},      {"startup-per-query", "DISP-09"},
    {"cleanup-skipped", "DISP-10"},         {"list-inactive", "INST-01"},
    {"install-twice-code", "INST-02"},      {"path-expanded", "INST-04"},
    {"uninstall-unknown", "INST-05"},       {"disabled-asked", "INST-06"},
    {"order-incomplete", "INST-08"},        {"order-ignored", "INST-09"},
    {"list-other-width", "INST-10"},        {"list-size-missing", "INST-11"},
    {"list-strings-outside", "INST-12"},    {"set-service-all-providers", "SET-12"},
    {"class-name-bytes", "CLASS-07"},       {"config-change-never", "INST-13"},
    {"disabled-at-once", "INST-07"},
};
static_assert(sizeof kTable / sizeof kTable[0] == static_cast<size_t>(Switch::kCount));

constexpr int kUnread = -3;
constexpr int kUnknown = -2;
constexpr int kNone = -1;

int ReadSwitch() {
  char name[64];
  const DWORD length = GetEnvironmentVariableA("NSP_RIG_BREAK", name, sizeof name);
  if (length == 0) return kNone;
  if (length >= sizeof name) return kUnknown;
  for (int i = 0; i < static_cast<int>(Switch::kCount); ++i) {
    if (std::strcmp(kTable[i].name, name) == 0) return i;
  }
  return kUnknown;
}

// Two threads may both read the variable; they read the same value.
int Current() {
  static volatile LONG current = kUnread;
  if (current == kUnread) {
    KeepLastError keep;
    InterlockedExchange(&current, ReadSwitch());
  }
  return static_cast<int>(current);
}

}  // namespace

bool Broken(Switch which) {
  return Current() == static_cast<int>(which);
}

bool UnknownSwitch() {
  return Current() == kUnknown;
}

}  // namespace rig
