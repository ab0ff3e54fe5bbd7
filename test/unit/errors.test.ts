// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The two kinds of error; and each code of NspError, thrown once by what a user can do wrong.
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { loadProvider } from '../../lib/cli/provider-file.ts'
import { isNspError, isWinsockError, NSP_ERROR_CODES } from '../../lib/errors.ts'
import { checkServeOptions } from '../../lib/host/options.ts'
import { defineProvider, NspError, serve, WinsockError } from '../../lib/index.ts'
import { checkInstallOptions, install } from '../../lib/install/operations.ts'
import { notLoaded, requireWindows } from '../../lib/internal/binding.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import type { Native } from '../../lib/internal/native.ts'
import { serveWith } from '../../lib/serve.ts'
import { fakeHost, provider, turn } from '../helpers/fake-host.ts'
import { FakeMachine, withBinaries } from '../helpers/fake-machine.ts'
import { query } from '../helpers/fake-server.ts'

describe('WinsockError', () => {
  it('has name, number and function', () => {
    const error = new WinsockError('WSAEACCES', { syscall: 'WSCInstallNameSpace', cause: 1 })
    assert.deepEqual([error.name, error.code, error.errno], ['WinsockError', 'WSAEACCES', 10013])
    assert.equal(error.message, 'WSCInstallNameSpace: WSAEACCES (10013)')
    assert.equal(error.cause, 1)
    assert.ok(!Object.keys(error).includes('name'))
  })

  it('takes any number that can be a code, and nothing else', () => {
    assert.equal(new WinsockError(4711).code, 'UNKNOWN')
    for (const wrong of [0, -1, 1.5, 'EAGAIN', 2 ** 32]) {
      assert.throws(() => new WinsockError(wrong as never), {
        name: 'RangeError',
        code: 'ERR_OUT_OF_RANGE',
      })
    }
  })

  it('of another copy of the package counts as well', () => {
    const foreign = Object.assign(new Error('x'), { name: 'WinsockError', errno: 10013 })
    assert.equal(isWinsockError(foreign), true)
    assert.equal(isWinsockError(new Error('x')), false)
    assert.equal(isNspError(Object.assign(new Error('x'), { name: 'NspError', issues: [] })), true)
  })
})

interface Case {
  readonly code: string
  readonly path?: string
  readonly remedy?: RegExp
  readonly error: () => Promise<unknown>
}

async function caught(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** The reason with which a held lookup is aborted by `act`. */
async function reason(
  act: (fake: Awaited<ReturnType<typeof fakeHost>>, call: number) => unknown,
): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const fake = await fakeHost({
    lookup: (_query, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          resolve(signal.reason)
          reject(signal.reason)
        })
      }),
  })
  const { call } = fake.server.next(1, query())
  await turn()
  await act(fake, call)
  return promise
}

const machine = (init: ConstructorParameters<typeof FakeMachine>[0] = {}) => new FakeMachine(init)
const on = (native: Native) => serveWith(native, provider(), checkServeOptions({}))
function installed(init: ConstructorParameters<typeof FakeMachine>[0] = {}): FakeMachine {
  const made = machine(init)
  withBinaries(() => install(made, definitionOf(provider()), checkInstallOptions({})))
  return made
}

const cases: readonly Case[] = [
  {
    code: 'ERR_NSP_INVALID_PROVIDER',
    path: 'name',
    remedy: /defineProvider/,
    error: () =>
      caught(() =>
        defineProvider({ name: '', entries: provider().entries, lookup: () => undefined }),
      ),
  },
  {
    code: 'ERR_NSP_INVALID_ANSWER',
    path: 'addresses[0]',
    remedy: /handler returns/,
    async error() {
      const { server, failures } = await fakeHost({ lookup: () => ({ addresses: ['nowhere'] }) })
      await server.next(1, query()).answer
      return failures[0]?.error
    },
  },
  {
    code: 'ERR_NSP_NOT_INSTALLED',
    path: 'entries.mesh.id',
    remedy: /npx winsock-nsp install/,
    error: () => caught(() => on(machine())),
  },
  {
    code: 'ERR_NSP_NOT_ELEVATED',
    remedy: /administrator/,
    error: () =>
      caught(() =>
        install(machine({ elevated: false }), definitionOf(provider()), checkInstallOptions({})),
      ),
  },
  {
    code: 'ERR_NSP_ALREADY_SERVED',
    path: 'control-1.bin',
    remedy: /process 4242/,
    error: () =>
      caught(() =>
        on(installed({ serveFailure: { errno: 33, syscall: 'LockFileEx', hostPid: 4242 } })),
      ),
  },
  {
    code: 'ERR_NSP_CHANNEL_TAKEN',
    path: 'control-1.bin',
    remedy: /account/,
    error: () =>
      caught(() => on(installed({ serveFailure: { errno: 5, syscall: 'CreateNamedPipeW' } }))),
  },
  {
    code: 'ERR_NSP_VERSION_MISMATCH',
    path: 'control-1.bin',
    remedy: /install/,
    error: () =>
      caught(() => on(installed({ serveFailure: { errno: 2, syscall: 'CreateFileW' } }))),
  },
  {
    code: 'ERR_NSP_UNSUPPORTED_PLATFORM',
    remedy: /Windows/,
    error: () => caught(() => requireWindows('linux', 'x64')),
  },
  {
    code: 'ERR_NSP_NATIVE_NOT_LOADED',
    path: 'winsock-nsp.node',
    remedy: /WINSOCK_NSP_NATIVE/,
    error: async () => withBinaries(() => notLoaded(new Error('no')), []),
  },
  {
    code: 'ERR_NSP_INVALID_FILE',
    remedy: /export default/,
    error: () => caught(() => loadProvider('no-such-file.ts')),
  },
  {
    code: 'ERR_NSP_INSTALL_REFUSED',
    remedy: /GUID/,
    error: () =>
      caught(() => {
        const made = machine()
        const [entry] = Object.values(provider().entries)
        made.catalogInstall('native', {
          id: entry?.id ?? '',
          name: 'Other',
          namespace: 12,
          version: 1,
          path: 'C:\\other.dll',
        })
        withBinaries(() => install(made, definitionOf(provider()), checkInstallOptions({})))
      }),
  },
  { code: 'ERR_NSP_CALL_ENDED', error: () => reason(({ server }) => server.end(1)) },
  { code: 'ERR_NSP_CALL_TIMEOUT', error: () => reason(({ server }, call) => server.late(call)) },
  { code: 'ERR_NSP_CLIENT_GONE', error: () => reason(({ server }) => server.gone()) },
  { code: 'ERR_NSP_HOST_CLOSED', error: () => reason(({ host }) => host.destroy()) },
]

describe('each code of NspError', () => {
  for (const { code, path, remedy, error } of cases) {
    it(code, async () => {
      const found = await error()
      assert.ok(found instanceof NspError, String(found))
      assert.equal(found.code, code)
      if (path !== undefined)
        assert.ok(
          found.issues.some((issue) => issue.path.endsWith(path)),
          JSON.stringify(found.issues),
        )
      if (remedy === undefined) assert.equal(found.remedy, undefined)
      else assert.match(found.remedy ?? '', remedy)
    })
  }

  it('is in the table', () => {
    assert.deepEqual(cases.map(({ code }) => code).toSorted(), [...NSP_ERROR_CODES].toSorted())
  })

  const onWindows = process.platform === 'win32'
  it(`off Windows comes from serve itself${onWindows ? ' (here only the check)' : ''}`, async () => {
    if (onWindows) requireWindows()
    else await assert.rejects(serve(provider()), { code: 'ERR_NSP_UNSUPPORTED_PLATFORM' })
  })
})

describe('32-bit Node', () => {
  it('is refused with a message', () => {
    assert.throws(() => requireWindows('win32', 'ia32'), {
      code: 'ERR_NSP_UNSUPPORTED_PLATFORM',
      remedy: /64-bit/,
    })
  })
})
