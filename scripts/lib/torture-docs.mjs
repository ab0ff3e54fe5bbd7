// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// docs/reliability.md: the promises, and the figures of one run of the bench (torture.json and what it said beside).
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './paths.mjs'

export const DETAILS = join('build', 'torture-details.json')

const HEAD = `<!-- SPDX-FileCopyrightText: winsock-nsp contributors -->
<!-- SPDX-License-Identifier: MIT -->
<!-- Written by \`node scripts/torture.mjs --docs\`; change scripts/lib/torture-docs.mjs instead. -->
# Reliability

Every program that resolves a name loads the DLL, so the promise is: **it never crashes, hangs, slows or opens up a
process, and no accepted request is lost or answered twice.** \`npm run torture\` tries to break it.

## What is promised

| promise | kept by |
| --- | --- |
| no crash of a client's process | every pointer and every mapped byte through guarded copies; handles are slots with generations; the first pending request pins the DLL |
| no call lasts past its deadline | one deadline for all waits of a call; the addon's own thread answers 25 ms before it, also while the event loop stands still |
| a host that stands still costs few waits | the breaker: after three time-outs in a row calls fail at once, and one probe at a time looks for the host |
| other people's names are not slowed down | the filter in the control file is read from memory; no query that is not ours reaches the pipe |
| an accepted request (997) is completed exactly once | an atomic hand-over between change, End, Cleanup and deadline; duplicates of event, port and thread |
| a pending notification outlives the host | the grace period, subscribing anew on each connection, \`revision\` |
| a change is never missed | counters are sampled before a question is sent, and compared when a subscription arrives |
| the host outlives its handlers and clients | promises are caught, answers are limited, what a process held is forgotten with its connection |

A window (\`NSP_NOTIFY_HWND\`) hears of changes only: a request of its kind that End or Cleanup aborts stays silent, as
the contract says. A routine whose thread has ended is dropped. Neither counts as lost.

## How it is tried

A host in TypeScript serves a provider whose handlers misbehave by name. Clients know nothing but ws2_32
(\`test/torture\`, C++, x64 and x86). One thread of each makes lookups, polls and control codes, one keeps a notification
of every type and a control code with every completion pending, and one makes nothing but timed waits, so that a slow
machine is not taken for a slow provider. A client numbers each request and writes what it is told into a mapped file
of its own, which survives whatever ends the process. Afterwards a program that shares no code with the rest
(\`test/torture/join.mjs\`) reads all files and says which requests were lost, completed twice, told of a change where
there was none, or not told of one.

**Deadlines** are judged beside the bare waits of the same run: of the calls that ran into the deadline, the 99th
percentile may lie 20 ms and the last one 250 ms behind that of the bare waits.

**Controls.** A check that cannot fail proves nothing. \`provider_torture\` is a build of the DLL in which each
protection can be switched off by name; the shipped DLL has none of it, which a test asserts
(\`test/linux/binaries.test.mjs\`). Where the protection is not in the DLL, a host or client misbehaves further. With the
protection off the fault must show, in the words that its check is for: \`seen\`. Controls run beside the faults of the
next, with a provider and a DLL of their own; the faults that change the catalog, or judge how fairly ordinary clients
are served, have the machine to themselves. A protection that several faults share is taken away once, and for each of
them in the whole run.

**Every point of a call.** The same build counts the places where it asks for a switch: each access to foreign memory
is one, and what stands before a wait, a write to the pipe or a completion. \`client-killed-at-points\` starts one client
for each number, which does one of everything and is killed there.

| run | is |
| --- | --- |
| \`npm run torture\` | the whole |
| \`npm run torture -- --quick\` | the same with small counts |
| \`npm run torture -- --smoke\` | a few faults with the smallest counts; part of \`npm test\` |
| \`npm run torture -- --only=NAME --arch=x86\` | one fault, one width |

The bench prints what it tried and writes \`torture.json\`.

`

const TAIL = `
## Where each fault is tried

| fault | tried by |
| --- | --- |
| the host is killed, restarted, suspended, blocked | \`host-killed\`, \`host-restarted\`, \`host-suspended\`, \`host-blocked\` |
| it exits in the middle of a reply, or in a handler | \`host-ends-in-reply\`, \`host-exits-in-handler\` |
| its worker thread is terminated | \`host-worker-terminated\`, test/lifecycle/addon-lifetime.test.ts |
| a handler never settles, settles twice, throws, rejects after the abort | \`handler-never-settles\`, \`handler-settles-twice\`, \`handler-throws\`, \`handler-rejects-after-abort\` |
| a handler returns 100 MB | \`handler-returns-100-mib\`, \`handler-yields-100-mb\` |
| few calls wait for a host that stands still; others' names do not | \`breaker\`, \`other-names\`, row HOST-03 of test/contract |
| a pending notification outlives a restart, with \`revision\` or without | \`host-killed\`, \`host-restarted\`, rows IOCTL-56 and IOCTL-57 of test/contract |
| a client is killed at every point of a call | \`client-killed-at-points\`; \`client-killed\`, at random moments |
| many processes; 10,000 handles in one | \`client-crowd\`, \`client-leaks-handles\` |
| threads exit, WSACleanup, FreeLibrary, process exit with everything pending | \`client-threads-exit\`, \`client-wsacleanup\`, \`client-free-library\`, \`client-exits-inside\`, test/lifecycle/client-end.test.ts |
| a caller that impersonates | \`client-impersonates\` (windows-only) |
| a caller on the host's own thread; recursion; eight names at once in the host | \`host-thread-asks-itself\`, \`handler-asks-itself\`, \`host-asks-eight-at-once\` |
| event, port or window is closed, a handle value is used again | \`client-closes-handles\`, \`client-reuses-handle\`, \`client-uses-ended-handles\` |
| memory is taken away while a request pends | \`client-frees-memory\` |
| frames that are damaged, cut, too long, out of order; half-open connections, floods, clients that do not read | \`hostile-frames\`, \`hostile-half-open\`, \`hostile-waits\`, \`hostile-deaf\`, \`hostile-flood\` |
| a host that answers wrongly, control and data files written over | \`hostile-host\`, \`hostile-control-file\`, \`hostile-data-file\`, test/e2e/bad-files.test.ts |
| callers' memory that is not there, changes, or is of odd sizes | \`hostile-arguments\`, the groups BEGIN, NEXT, IOCTL, SET and CLASS of test/contract |
| changes race with registering and ending, or come while a handler awaits | \`client-race\`, \`change-while-awaiting\` |

## What is not tried here

- What Wine does not enforce (the token that a pipe is opened with) is \`windows-only\`: tried, and not counted as
  passed.
- The portable C++ that reads frames and mapped files is fuzzed besides, guided by coverage: \`test/fuzz/README.md\`.
- Protected processes and browsers' sandboxes load no unsigned provider, so nothing of this concerns them.
`

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ')

function table({ faults }, details) {
  const rows = faults.map(({ name, tries, failures, control }) => {
    const { what, protection, controlled } = details.get(name) ?? {}
    const cells = [`\`${name}\``, what, tries, failures, protection, `${control}: ${controlled}`]
    return `| ${cells.map(cell).join(' | ')} |`
  })
  const head = '| fault | what is done | tries | failures | what protects | control |'
  return [head, '| --- | --- | --- | --- | --- | --- |', ...rows].join('\n')
}

function notes(faults) {
  return faults
    .filter((fault) => fault.notes.length > 0)
    .map(({ name, notes }) => `- \`${name}\`: ${notes.map(cell).join('; ')}`)
    .join('\n')
}

export function writeReliability(path) {
  const report = JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
  const { mode, arches, faults } = JSON.parse(readFileSync(join(ROOT, DETAILS), 'utf8'))
  const details = new Map(faults.map((fault) => [fault.name, fault]))
  const failed = report.faults.filter(({ failures, control }) => failures || control === 'not seen')
  const figures = `## Figures

Of a run in the rig (\`${mode}\`, clients ${arches.join(' and ')}): ${report.faults.length} faults,
${report.faults.reduce((sum, { tries }) => sum + tries, 0)} tries, ${failed.length} faults with failures.

${table(report, details)}

What the runs said:

${notes(faults)}
`
  writeFileSync(join(ROOT, 'docs', 'reliability.md'), HEAD + figures + TAIL)
}
