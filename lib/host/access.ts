// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Who may do what: rules judged by a client's identity, and the descriptors of what we create.
import type { AccessRule, Allow, Awaitable, Client } from '../types.ts'

// Everything a client needs of the pipe, and nothing more: GENERIC_WRITE would include the right to create instances.
const PIPE_ACCESS = '0x120183'
const READ_EXECUTE = '0x1200a9'
const READ = '0x120089'
// Read and write, as GENERIC_READ and GENERIC_WRITE ask for it; neither delete nor change the descriptor.
const CONTROL_ACCESS = '0x12019f'
// List a folder and add files to it; neither folders nor attributes.
const ADD_FILES = '0x1200ab'
// What CONTROL_ACCESS has, and delete.
const OWN_FILE = '0x13019f'
const USERS = 'S-1-5-32-545'
const ADMINISTRATORS = 'S-1-5-32-544'
const NETWORK = 'S-1-5-2'
const SYSTEM = 'S-1-5-18'
// ALL APPLICATION PACKAGES and ALL RESTRICTED APPLICATION PACKAGES.
const PACKAGES = ['S-1-15-2-1', 'S-1-15-2-2'] as const

/** Judges a rule. 'users' are all but sandboxed ones, 'administrators' the elevated. */
export function isAllowed(rule: AccessRule | undefined, client: Client): Awaitable<boolean> {
  if (typeof rule === 'function') return rule(client)
  if (typeof rule === 'object') return client.userSid.toUpperCase() === rule.sid.toUpperCase()
  if (rule === 'administrators') return client.elevated
  return rule === 'users' ? client.appContainerSid === undefined : true
}

function connectSid(rule: AccessRule | undefined): string {
  if (rule === 'users') return USERS
  if (rule === 'administrators') return ADMINISTRATORS
  return typeof rule === 'object' ? rule.sid : 'WD'
}

/** The pipe's descriptor: owned by the host's account, closed to the network. A function decides after connecting. */
export function pipeSddl(hostSid: string, allow: Allow): string {
  const packages =
    allow.sandboxed === true ? PACKAGES.map((sid) => `(A;;${PIPE_ACCESS};;;${sid})`).join('') : ''
  // Sandboxed processes run at low integrity: without this label they could not write to the pipe.
  const label = allow.sandboxed === true ? 'S:(ML;;NW;;;LW)' : ''
  const client = `(A;;${PIPE_ACCESS};;;${connectSid(allow.connect)})`
  return `O:${hostSid}G:${hostSid}D:P(D;;FA;;;${NETWORK})(A;;FA;;;${hostSid})(A;;FA;;;${SYSTEM})${client}${packages}${label}`
}

const OWNER = `O:${ADMINISTRATORS}G:${ADMINISTRATORS}D:P`

/** Folders that only administrators can write, and everybody can read. */
export function folderSddl(): string {
  const ace = (access: string, sid: string) => `(A;OICI;${access};;;${sid})`
  const readers = [USERS, ...PACKAGES].map((sid) => ace(READ_EXECUTE, sid)).join('')
  return `${OWNER}${ace('FA', SYSTEM)}${ace('FA', ADMINISTRATORS)}${readers}`
}

/**
 * The folder of data files: the host's account adds files, and writes and deletes its own; everybody reads them. It can
 * delete neither the folder nor what others have put into it.
 */
export function dataSddl(hostSid: string): string {
  const full = [SYSTEM, ADMINISTRATORS].map((sid) => `(A;OICI;FA;;;${sid})`).join('')
  const host = `(A;;${ADD_FILES};;;${hostSid})(A;OIIO;${OWN_FILE};;;${hostSid})`
  const readers = ['WD', ...PACKAGES]
    .map((sid) => `(A;;${READ_EXECUTE};;;${sid})(A;OIIO;${READ};;;${sid})`)
    .join('')
  return `${OWNER}${full}${host}${readers}`
}

/** A file that administrators alone can change. */
export function fileSddl(): string {
  return `${OWNER}(A;;FA;;;${SYSTEM})(A;;FA;;;${ADMINISTRATORS})(A;;${READ};;;WD)`
}

/** The control file: the host's account writes its data; nobody but administrators can delete it. */
export function controlSddl(hostSid: string): string {
  const readers = ['WD', ...PACKAGES].map((sid) => `(A;;${READ};;;${sid})`).join('')
  return `${OWNER}(A;;FA;;;${SYSTEM})(A;;FA;;;${ADMINISTRATORS})(A;;${CONTROL_ACCESS};;;${hostSid})${readers}`
}
