// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Who may do what, enforced by the system itself: only Windows does (docs/wine.md), so in the rig these are left out.
// Needs an administrator, as installing does. What decides is tested everywhere, as functions over given descriptors.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'mocha'
import { type Installation, install } from '../../lib/catalog.ts'
import { type Allow, type Client as Asker, defineProvider, serve } from '../../lib/index.ts'
import { locate } from '../../lib/install/locate.ts'
import { loadNative } from '../../lib/internal/binding.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import { HOST } from '../helpers/checklist.ts'
import { Client, programFolder } from '../helpers/client.ts'
import { ERR } from '../helpers/winsock.ts'

const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e0b03'
const NAMESPACE = 1203
const windowsOnly = HOST === 'windows' ? it : it.skip

/** BUILTIN\Users, Everyone, Authenticated Users, INTERACTIVE, both kinds of packages: as SDDL abbreviates them. */
const ORDINARY = /^(BU|WD|AU|IU|AC|S-1-15-2-[12])$/
/** Write or append data, attributes, delete (a child), WRITE_DAC, WRITE_OWNER. */
const CHANGING = 0x2 | 0x4 | 0x10 | 0x40 | 0x100 | 0x10000 | 0x40000 | 0x80000
const NAMED_RIGHTS: Readonly<Record<string, number>> = {
  FA: 0x1f01ff,
  FW: 0x120116,
  GA: CHANGING,
  GW: CHANGING,
}

function provider(allow: Allow, seen: Asker[] = []) {
  return defineProvider({
    name: 'access, as Windows enforces it',
    entries: { mesh: { id: ID, namespace: NAMESPACE } },
    allow,
    lookup(_query, { client }) {
      seen.push(client)
      return { addresses: ['10.8.4.1'] }
    },
  })
}

/** The descriptor of a file or folder, read by the system's own tool. */
function sddlOf(path: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'nsp-access-'))
  const saved = join(folder, 'saved')
  try {
    execFileSync('icacls', [path, '/save', saved])
    return readFileSync(saved, 'utf16le').split(/\r?\n/)[1] ?? ''
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Who else than administrators and the system may change what has this descriptor. */
function ordinaryWriters(sddl: string): string[] {
  const aces = [...sddl.matchAll(/\(A;([^;]*);([^;]*);[^;]*;[^;]*;([^;)]+)/g)]
  assert.ok(aces.length > 0, `no entries in ${sddl}`)
  return aces
    .filter(([, , rights = '', sid = '']) => {
      const mask = rights.startsWith('0x') ? Number(rights) : (NAMED_RIGHTS[rights] ?? 0)
      return ORDINARY.test(sid) && (mask & CHANGING) !== 0
    })
    .map(([ace]) => ace)
}

function foldersUpTo(path: string, top: string): string[] {
  const folders: string[] = []
  for (
    let at = path;
    at.toLowerCase() !== top.toLowerCase() && dirname(at) !== at;
    at = dirname(at)
  )
    folders.push(at)
  return folders
}

async function ask(program?: string): Promise<string> {
  const client = await Client.start('x64', program === undefined ? {} : { program })
  assert.equal((await client.send('wsastartup')).ret, 0)
  const query = { name: 'a.access', ns: NAMESPACE, provider: ID, flags: 0x110 }
  assert.equal((await client.begin({ h: 'h', ...query })).ret, 0)
  const { ret, err } = await client.next('h', { flags: 0 })
  await client.close()
  return ret === 0 ? 'answered' : `${err}`
}

/** A program whose file has the low label runs at low integrity, as sandboxed ones do. */
async function askAtLowIntegrity(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'nsp-low-'))
  try {
    const program = join(folder, 'client.exe')
    copyFileSync(`${programFolder('x64')}client.exe`, program)
    execFileSync('icacls', [program, '/setintegritylevel', 'Low'])
    return await ask(program)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** The account that runs this, as the system's own tool says. */
function whoAmI(): { sid: string; groups: string } {
  const row = execFileSync('whoami', ['/user', '/fo', 'csv', '/nh'], { encoding: 'utf8' })
  const groups = execFileSync('whoami', ['/groups', '/fo', 'csv', '/nh'], { encoding: 'utf8' })
  return { sid: /"(S-1-[^"]+)"/.exec(row)?.[1] ?? '', groups }
}

describe('access, enforced by Windows (windows-only)', () => {
  it('is judged by the rights of ordinary users alone', () => {
    const open = 'D:P(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;;0x1201bf;;;WD)(A;OICI;FA;;;AU)'
    assert.deepEqual(ordinaryWriters(`O:BAG:BA${open}`), ['(A;;0x1201bf;;;WD', '(A;OICI;FA;;;AU'])
    const closed = 'D:PAI(A;OICI;FA;;;SY)(A;;0x12019f;;;S-1-5-21-1-2-3-500)(A;OICI;FR;;;BU)'
    assert.deepEqual(ordinaryWriters(closed), [])
  })

  windowsOnly(
    'nobody but administrators can change the DLLs, their folders and the control file',
    async () => {
      const made = provider({})
      await using installation: Installation & AsyncDisposable = await install(made)
      const top = process.env['ProgramFiles'] ?? 'C:\\Program Files'
      for (const { path } of installation.entries) {
        for (const at of [path, ...foldersUpTo(dirname(path), top)])
          assert.deepEqual(ordinaryWriters(sddlOf(at)), [], at)
      }
      const { controlPath } = locate(loadNative(), definitionOf(made)).sidecar
      assert.deepEqual(ordinaryWriters(sddlOf(controlPath)), [], controlPath)
    },
  )

  windowsOnly('a program at low integrity is not let in', async () => {
    const made = provider({})
    await using _installation = await install(made)
    await using _host = await serve(made)
    assert.equal(await ask(), 'answered')
    assert.equal(await askAtLowIntegrity(), `${ERR.NETDOWN}`)
  })

  windowsOnly('allow.sandboxed lets it in, and the handler is told what it is', async () => {
    const seen: Asker[] = []
    const made = provider({ sandboxed: true }, seen)
    await using _installation = await install(made)
    await using _host = await serve(made)
    assert.equal(await askAtLowIntegrity(), 'answered')
    assert.equal(seen[0]?.integrity, 'low')
  })

  windowsOnly('a client is who the system says it is', async () => {
    const seen: Asker[] = []
    const made = provider({}, seen)
    await using _installation = await install(made)
    await using _host = await serve(made)
    assert.equal(await ask(), 'answered')
    const { sid, groups } = whoAmI()
    const [client] = seen
    assert.match(client?.imagePath ?? '', /client\.exe$/i)
    assert.equal(client?.userSid, sid)
    const labels: Record<string, string> = { high: 'S-1-16-12288', system: 'S-1-16-16384' }
    assert.ok(groups.includes(labels[client?.integrity ?? ''] ?? 'no label'), groups)
    assert.equal(client?.elevated, true)
    assert.equal(client?.appContainerSid, undefined)
  })
})
