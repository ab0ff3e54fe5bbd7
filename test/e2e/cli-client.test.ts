// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The command line as a client: query, watch and ioctl against a provider that another process serves.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { run } from '../../lib/cli/program.ts'
import { Command, command, ProviderFolder } from '../helpers/command.ts'
import { until } from '../helpers/until.ts'

const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504ec002'
const MESH = ['--namespace', '1044']
const NAME = 'one.asked.test'

const PROVIDER = `import { controlCode, defineIoctl, defineProvider, onIoctl } from 'winsock-nsp'
let changed = () => {}
let services = [
  { name: '${NAME}', addresses: ['10.6.0.1', '[fd00::6]:81'], comment: 'asked', version: 3 },
  { name: 'two.asked.test', addresses: ['10.6.0.2'], blob: Uint8Array.of(1, 2) },
]
export default defineProvider({
  name: 'asked',
  entries: { mesh: { id: '${ID}', namespace: 1044 } },
  lookup: ({ key }) => services.filter(({ name }) => key === undefined || key === name),
  ioctl: [
    onIoctl(defineIoctl({ code: controlCode('inout', 1) }), ({ input }) => input),
    onIoctl(defineIoctl({ code: controlCode('out', 2) }), ({ outputSize }) => {
      services = [{ name: '${NAME}', addresses: ['10.6.0.9'], version: services.length }]
      changed()
      return new TextEncoder().encode('room for ' + outputSize)
    }),
  ],
  start(host) {
    changed = () => host.invalidate()
  },
})
`

async function lines(args: string[]): Promise<string[]> {
  const { code, out, err } = await command(args)
  assert.equal(code, 0, err)
  return out.trimEnd().split('\n')
}

describe('the command line as a client', () => {
  let folder: ProviderFolder
  let host: Command

  before(async () => {
    await command(['uninstall', ID])
    folder = new ProviderFolder()
    const file = folder.write('asked.ts', PROVIDER)
    assert.equal((await command(['install', file])).code, 0)
    host = new Command(['serve', file])
    await host.until(/serving asked/)
  })
  after(async () => {
    await command(['uninstall', ID])
    await host.done
    folder[Symbol.dispose]()
  })

  for (const args of [
    ['query', 'a', '--class', 'web'],
    ['query', 'a', '--class', 'tcp:70000'],
    ['query', 'a', '--namespace', 'mesh'],
    ['query', 'a', '--provider', 'mesh'],
    ['query', 'a', 'b'],
    ['ioctl', 'a'],
    ['ioctl', 'a', 'b'],
    ['ioctl', 'a', '0x88000019'],
    ['ioctl', 'a', '1', '--hex', 'abc'],
    ['ioctl', 'a', '1', '--hex', '00', '--text', 'a'],
    ['ioctl', 'a', '1', '--size', '999999999'],
    ['watch', '--watch'],
  ]) {
    it(`wrongly called exits with 2: ${args.join(' ')}`, async () => {
      const { code, err, out } = await command(args)
      assert.equal(code, 2, out)
      assert.match(err, /error/)
    })
  }

  it('query prints a line for each result', async () => {
    assert.deepEqual(await lines(['query', NAME, ...MESH]), [
      `${NAME}  10.6.0.1, [fd00::6]:81  version 3  "asked"`,
    ])
    assert.deepEqual(await lines(['query', ...MESH]), [
      `${NAME}  10.6.0.1, [fd00::6]:81  version 3  "asked"`,
      'two.asked.test  10.6.0.2  2 bytes',
    ])
  })

  it('query takes classes as people write them', async () => {
    const asked = async (text: string) =>
      (await lines(['query', NAME, ...MESH, '--class', text]))[0]
    assert.match(String(await asked('A')), / A {2}10\.6\.0\.1 {2}/)
    assert.match(String(await asked('aaaa')), / AAAA {2}\[fd00::6\]:81 {2}/)
    assert.match(String(await asked('tcp:80')), / tcp\/80 {2}10\.6\.0\.1:80, \[fd00::6\]:81 {2}/)
    assert.match(String(await asked(`{${ID}}`)), new RegExp(` ${ID} {2}`))
  })

  it('query --json prints one object a line', async () => {
    const found = (await lines(['query', '--json', '--provider', ID])).map((line) =>
      JSON.parse(line),
    )
    assert.equal(found.length, 2)
    assert.deepEqual(
      [found[0].name, found[0].version, found[0].addresses[0].address, found[1].blob],
      [NAME, 3, '10.6.0.1', '0102'],
    )
  })

  it('says what Winsock says, and exits with 1', async () => {
    const { code, err } = await command(['query', 'nobody.asked.test', ...MESH])
    assert.equal(code, 1)
    assert.match(
      err,
      /^WSASERVICE_NOT_FOUND: WSALookupServiceNextW: WSASERVICE_NOT_FOUND \(10108\)$/m,
    )
    const many = await command(['watch', NAME])
    assert.equal(many.code, 1)
    assert.match(many.err, /WSAEINVAL.*active providers; name one by providerId/)
  })

  it('ioctl sends bytes or text, and prints what comes back', async () => {
    const ioctl = (...args: string[]) => lines(['ioctl', NAME, '0xD8000001', ...MESH, ...args])
    assert.deepEqual(await ioctl('--hex', '00 ff:10'), ['3 bytes  00ff10'])
    assert.deepEqual(await ioctl('--text', 'hé'), ['3 bytes  68c3a9  "hé"'])
    assert.deepEqual(await ioctl(), ['0 bytes'])
    const [json = ''] = await ioctl('--text', 'a', '--json')
    assert.deepEqual(JSON.parse(json), { code: 0xd8000001, bytes: 1, hex: '61', text: 'a' })
    const small = await command([
      'ioctl',
      NAME,
      '3623878657',
      ...MESH,
      '--hex',
      '0011',
      '--size',
      '1',
    ])
    assert.equal(small.code, 1)
    assert.match(small.err, /WSAEFAULT.*2 bytes/)
  })

  it('watch shows the answer, then each change, and ends in good order', async () => {
    const shown: string[] = []
    const print = (text: string) => void shown.push(text)
    const plain = run(['watch', ...MESH], { out: print, err: print })
    await until('the answer is shown', () => shown.join('').includes('= 2 now'))
    const json = new Command(['query', '--watch', '--json', ...MESH])
    await json.until(/"services".*two\.asked\.test/)
    assert.match(
      (await lines(['ioctl', NAME, '0x58000002', ...MESH, '--size', '64']))[0] ?? '',
      /"room for 64"/,
    )
    const [line] = await json.until(/\{"services":\[[^\n]*"deleted":\[\{[^\n]*\n/)
    const snapshot = JSON.parse(line)
    assert.equal(snapshot.changed[0].addresses[0].address, '10.6.0.9')
    assert.equal(snapshot.deleted[0].name, 'two.asked.test')
    await json.kill()
    // What Windows sends when the console is closed; a Ctrl+C would end the test's own process as well.
    process.emit('SIGHUP')
    assert.equal(await plain, 0)
    assert.match(
      shown.join(''),
      /^\+ one\.asked\.test {2}10\.6\.0\.1, .*\n\+ two\.asked\.test .*\n= 2 now\n/,
    )
  })

  it('watch ends when nobody reads what it prints', async () => {
    const watch = new Command(['watch', '--json', ...MESH])
    await watch.until(/"services"/)
    watch.closeOutput()
    await lines(['ioctl', NAME, '0x58000002', ...MESH])
    const { code, err } = await watch.done
    assert.deepEqual([code, err], [0, ''])
  })
})
