// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Deliberate faults of the dispatcher, one at a time: they show that a test of a row can fail.
#ifndef RIG_SWITCHES_H_
#define RIG_SWITCHES_H_

namespace rig {

// In the order of the table in switches.cc.
enum class Switch {
  kBeginNullPointer,
  kBeginZeroSize,
  kBeginNullClass,
  kNextNoMoreCode,
  kNextAnsiSize,
  kEndNull,
  kIoctlFirstOfMany,
  kIoctlCountsRefused,
  kIoctlMissingCode,
  kIoctlNoThread,
  kIoctlCountsNamespace,
  kIoctlProbesCompletion,
  kStartNullEntry,
  kNoStartupCheck,
  kFanOutReversed,
  kBeginLastDecides,
  kBeginFirstError,
  kBeginNoMatchCode,
  kLoadFailureFatal,
  kNextStopsAtFirst,
  kNextSkipsTooSmall,
  kNamesFirstLost,
  kNamesOneFamily,
  kNamesNoDataCode,
  kNamesNoCanonical,
  kNamesProviderIgnored,
  kHostentAliases,
  kHostentOffsets,
  kNamesSuffixAdded,
  kStartupPerQuery,
  kCleanupSkipped,
  kListInactive,
  kInstallTwiceCode,
  kPathExpanded,
  kUninstallUnknown,
  kDisabledAsked,
  kOrderIncomplete,
  kOrderIgnored,
  kListOtherWidth,
  kListSizeMissing,
  kListStringsOutside,
  kSetServiceAllProviders,
  kClassNameBytes,
  kConfigChangeNever,
  kCount,
};

// Whether NSP_RIG_BREAK names this switch. The variable is read once per process.
bool Broken(Switch which);

// Whether NSP_RIG_BREAK is set to a name that no switch has; WSAStartup fails then, so that a
// misspelt name is not taken for a fault that nothing noticed.
bool UnknownSwitch();

}  // namespace rig

#endif  // RIG_SWITCHES_H_
