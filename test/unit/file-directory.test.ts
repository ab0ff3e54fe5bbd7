// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Zone files: what may stand in them, what is said of what may not, edits while they are watched, and saving.
import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, describe, it } from 'mocha'
import { fileDirectory } from '../../lib/directory.ts'
import type { Client, NspError } from '../../lib/index.ts'
import { ServiceClass } from '../../lib/index.ts'
import { ZoneFile } from '../../lib/store/file-directory.ts'
import { JsonFault, parseJsonText } from '../../lib/store/json-text.ts'
import { makeStored } from '../../lib/store/stored.ts'
import { formatZone, parseZone } from '../../lib/store/zone-text.ts'
import { asked, found, listed, operation } from '../helpers/directory-suite.ts'
import { CLASS_ID, classInfo } from '../helpers/services.ts'
import { until } from '../helpers/until.ts'

const { signal } = new AbortController()
const folder = mkdtempSync(join(tmpdir(), 'nsp-zone-'))
const all = asked({ name: undefined })
let files = 0

function write(text: string): string {
  const path = join(folder, `zone-${files++}.json`)
  writeFileSync(path, text)
  return path
}

function records(...list: readonly object[]): string {
  return JSON.stringify({ records: list })
}

const names = (store: { services(): Iterable<{ name: string }> }) =>
  [...store.services()].map(({ name }) => name)

after(() => rmSync(folder, { recursive: true, force: true }))

describe('JSON with lines', () => {
  it('reads what JSON.parse reads', () => {
    const text = '\ufeff{ "a": [1, -2.5e3, true, null, "\\u00e4\\n"],\n "b": {"c": [], "d": {}} }'
    assert.deepEqual(parseJsonText(text).value, JSON.parse(text.slice(1)))
  })

  it('knows lines of values, and of the nearest value around what is missing', () => {
    const { lineOf } = parseJsonText('{\n"records": [\n{"name": "a",\n"addresses":\n["x",\n"y"]}]}')
    const paths = ['', 'records', 'records[0].name', 'records[0].addresses[1]']
    assert.deepEqual(paths.map(lineOf), [1, 2, 3, 6])
    assert.deepEqual(['records[0].class', 'records[7].name', 'x'].map(lineOf), [3, 2, 1])
  })

  const wrong: [text: string, line: number, message: RegExp][] = [
    ['', 1, /a value expected, not the end of the file/],
    ['{"a": 1,}', 1, /a text expected, not "}"/],
    ['{"a": 1\n"b": 2}', 2, /"," expected, not "\\""/],
    ['[1, 2', 1, /"," expected, not the end of the file/],
    ['{\n"a": 1,\n"a": 2}', 3, /"a" is there twice/],
    ['{} x', 1, /the end of the file expected/],
    ['["\\x"]', 1, /is not a text/],
    ['[01]', 1, /"," expected/],
    ['[nul]', 1, /a value expected/],
    ['['.repeat(70), 1, /too many values within values/],
  ]
  for (const [text, line, message] of wrong) {
    it(`says what is wrong with ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.throws(
        () => parseJsonText(text),
        (error: JsonFault) => {
          assert.ok(error instanceof JsonFault)
          assert.equal(error.line, line)
          assert.match(error.message, message)
          return true
        },
      )
    })
  }
})

describe('a zone file', () => {
  it('may say everything that an answer may', () => {
    const text = JSON.stringify({
      records: [
        {
          name: 'a.test',
          class: 'tcp/8080',
          addresses: [
            '10.0.0.1',
            { address: 'fe80::1', scopeId: 4, port: 9, transport: 'udp' },
            { family: 32, remote: '20000102', socketType: 1, protocol: 3 },
          ],
          aliases: ['b.test'],
          version: 3,
          comment: 'c',
          context: '\\',
          queryString: 'q',
          blob: '00FF',
          ttl: 30,
        },
      ],
      classes: [
        {
          id: CLASS_ID,
          name: 'n',
          properties: [{ name: 'p', namespace: 0, type: 4, value: '01000000' }],
        },
      ],
    })
    const { services, classes } = parseZone('zone.json', text)
    const [stored] = services.values()
    const { addresses, ...rest } = stored ?? assert.fail()
    assert.deepEqual(
      addresses.map(({ address, port, socketType }) => [address, port, socketType]),
      [
        ['10.0.0.1', 8080, 1],
        ['fe80::1', 9, 2],
        [undefined, undefined, 1],
      ],
    )
    assert.deepEqual(rest, {
      name: 'a.test',
      serviceClass: ServiceClass.tcp(8080).id,
      aliases: ['b.test'],
      version: 3,
      comment: 'c',
      context: '\\',
      queryString: 'q',
      blob: Uint8Array.of(0, 255),
      ttl: 30,
    })
    assert.deepEqual(classes.get(CLASS_ID)?.properties[0]?.value, Uint8Array.of(1, 0, 0, 0))
    const again = parseZone('zone.json', formatZone({ services, classes }))
    assert.deepEqual(again, { services, classes })
  })

  it('is written a record a line, addresses as short as they go', () => {
    const stored = makeStored({
      name: 'a',
      serviceClass: ServiceClass.udp(53),
      addresses: ['10.0.0.1', '10.0.0.1:54', '[fe80::1%4]:9', { address: '::1', transport: 'tcp' }],
    })
    const text = formatZone({ services: new Map([['a', stored]]), classes: new Map() })
    assert.equal(
      text,
      '{\n  "records": [\n    {"name":"a","class":"udp/53","addresses":["10.0.0.1","10.0.0.1:54","[fe80::1%4]:9",' +
        '{"address":"[::1]:53","transport":"tcp"}]}\n  ]\n}\n',
    )
  })

  const wrong: [text: string, issues: [path: string, message: RegExp][]][] = [
    ['', [['zone.json:1', /a value expected/]]],
    ['[]', [['zone.json:1', /not an object/]]],
    ['{}', [['zone.json:1 records', /missing or not a list/]]],
    ['{"records": {}}', [['zone.json:1 records', /missing or not a list/]]],
    ['{"records": [],\n"record": []}', [['zone.json:2 record', /there is no such option/]]],
    ['{"records": [7]}', [['zone.json:1 records[0]', /not an object: 7/]]],
    ['{"records": [{}]}', [['zone.json:1 records[0].name', /missing/]]],
    [
      '{"records": [\n{"name": "a",\n"addresses": ["10.0.0.1",\n"10.0.0.300"]},\n{"name": "b", "class": "x"}]}',
      [
        ['zone.json:4 records[0].addresses[1]', /"10.0.0.300" is not an address/],
        ['zone.json:5 records[1].class', /neither a GUID nor like 'tcp\/80': "x"/],
      ],
    ],
    [
      '{"records": [{"name": "a", "addresses": "10.0.0.1"}]}',
      [['zone.json:1 records[0].addresses', /not a list/]],
    ],
    [
      '{"records": [{"name": "a",\n"adresses": []}]}',
      [['zone.json:2 records[0].adresses', /there is no such option/]],
    ],
    [
      '{"records": [{"name": "a",\n"serviceClass": "tcp/80"}]}',
      [['zone.json:2 records[0].serviceClass', /it is called 'class' here/]],
    ],
    [
      '{"records": [{"name": "a", "addresses": [{"address": "10.0.0.1",\n"prot": 80}]}]}',
      [['zone.json:2 records[0].addresses[0].prot', /there is no such option/]],
    ],
    [
      '{"records": [{"name": "a", "blob": "abc"}]}',
      [['zone.json:1 records[0].blob', /not pairs of hexadecimal digits: "abc"/]],
    ],
    [
      '{"records": [{"name": "a"}, {"name": "A."}]}',
      [['zone.json "A."', /two records with this name and class/]],
    ],
    [
      '{"records": [], "classes": [{"id": "x", "name": "n"}]}',
      [['zone.json:1 classes[0].id', /not a GUID/]],
    ],
  ]
  for (const [text, issues] of wrong) {
    it(`that is wrong is named by file, line and field: ${text.slice(0, 60)}`, () => {
      assert.throws(
        () => parseZone('zone.json', text),
        (error: NspError) => {
          assert.equal(error.code, 'ERR_NSP_INVALID_FILE')
          assert.deepEqual(
            error.issues.map(({ path }) => path),
            issues.map(([path]) => path),
          )
          for (const [at, [, message]] of issues.entries())
            assert.match(error.issues[at]?.message ?? '', message)
          return true
        },
      )
    })
  }
})

describe('fileDirectory', () => {
  it('rejects files that are not there, and bad options', async () => {
    const missing = join(folder, 'missing.json')
    await assert.rejects(fileDirectory(missing), (error: NspError) => {
      assert.equal(error.code, 'ERR_NSP_INVALID_FILE')
      assert.equal(error.issues[0]?.path, missing)
      assert.match(error.message, /missing\.json cannot be read/)
      assert.match(error.remedy ?? '', /save: true/)
      return true
    })
    await assert.rejects(fileDirectory(write('{"records": [{}]}')), {
      code: 'ERR_NSP_INVALID_FILE',
    })
    const nothing = join(folder, 'no', 'folder.json')
    await assert.rejects(fileDirectory(nothing), { code: 'ERR_NSP_INVALID_FILE' })
    const bad = fileDirectory(7 as never, { sav: true, onError: 1 } as never)
    await assert.rejects(bad, (error: TypeError & { code?: string }) => {
      assert.equal(error.code, 'ERR_INVALID_ARG_VALUE')
      assert.match(error.message, /path: .*sav: .*onError: /s)
      return true
    })
  })

  it('tells edits as changes of those records alone, however the file is replaced', async () => {
    const path = write(records({ name: 'a' }, { name: 'b' }))
    await using directory = await fileDirectory(pathToFileURL(path))
    const events = directory.watch({ signal })[Symbol.asyncIterator]()
    writeFileSync(path, records({ name: 'a', version: 1 }, { name: 'b' }, { name: 'c' }))
    const first = [(await events.next()).value, (await events.next()).value]
    const draft = `${path}.new`
    writeFileSync(draft, records({ name: 'b' }, { name: 'c' }))
    renameSync(draft, path)
    const third = (await events.next()).value
    assert.deepEqual(
      [...first, third].map((event) => event && 'name' in event && `${event.kind} ${event.name}`),
      ['changed a', 'added c', 'deleted a'],
    )
    assert.equal(directory.size, 2)
  })

  it('keeps the last good state, and says what is wrong', async () => {
    const path = write(records({ name: 'a' }))
    const heard = Promise.withResolvers<NspError>()
    await using directory = await fileDirectory(path, { onError: heard.resolve })
    writeFileSync(path, '{"records": [\n{"name": "a", "version": "x"}]}')
    const error = await heard.promise
    assert.deepEqual(error.issues[0]?.path, `${path}:2 records[0].version`)
    assert.equal((await found(directory, all)).length, 1)
    const events = directory.watch({ signal })[Symbol.asyncIterator]()
    writeFileSync(path, records({ name: 'b' }))
    assert.equal((await events.next()).value?.kind, 'deleted')
  })

  it('without save keeps registrations in memory, over what the file says', async () => {
    const text = records({ name: 'file.test', addresses: ['10.0.0.9'] })
    const path = write(text)
    await using directory = await fileDirectory(path)
    await directory.apply(operation('register', ['10.0.0.1']), { signal })
    await directory.classes.put(classInfo)
    assert.equal(readFileSync(path, 'utf8'), text)
    const events = directory.watch({ signal })[Symbol.asyncIterator]()
    writeFileSync(path, records({ name: 'other.test' }))
    await events.next()
    await events.next()
    assert.deepEqual(await listed(directory, all), ['Printer.reg.test 10.0.0.1:80', 'other.test'])
  })

  it('with save makes a file, and leaves no draft behind', async () => {
    const path = join(mkdtempSync(join(folder, 'new-')), 'zone.json')
    {
      await using directory = await fileDirectory(path, { save: true })
      await directory.apply(operation('register', ['10.0.0.1']), { signal })
      await directory.classes.put(classInfo)
    }
    assert.deepEqual(readdirSync(join(path, '..')), ['zone.json'])
    const { services, classes } = parseZone(path, readFileSync(path, 'utf8'))
    assert.deepEqual([services.size, classes.size], [1, 1])
  })

  it('with save takes over an edit that it had not heard of', async () => {
    const path = write(records({ name: 'a' }))
    await using directory = await fileDirectory(path, { save: true })
    writeFileSync(path, records({ name: 'b' }))
    await directory.apply(operation('register', ['10.0.0.1']), { signal })
    const { services } = parseZone(path, readFileSync(path, 'utf8'))
    assert.deepEqual(
      [...services.values()].map(({ name }) => name),
      ['b', 'Printer.reg.test'],
    )
  })

  it('with save refuses to overwrite an edit that is not good', async () => {
    const path = write(records({ name: 'a' }))
    await using directory = await fileDirectory(path, { save: true, onError: () => undefined })
    writeFileSync(path, '{"records": [')
    const registering = directory.apply(operation('register', ['10.0.0.1']), { signal })
    await assert.rejects(registering, { code: 'ERR_NSP_INVALID_FILE' })
    assert.equal(readFileSync(path, 'utf8'), '{"records": [')
    assert.deepEqual(await listed(directory, all), ['a'])
  })

  it('with save does not write what ends with its process', async () => {
    const text = records({ name: 'a' })
    const path = write(text)
    await using directory = await fileDirectory(path, { save: true })
    const owner = {} as Client
    await directory.apply({ ...operation('register', ['10.0.0.1']), owner }, { signal })
    assert.equal(directory.size, 2)
    assert.equal(readFileSync(path, 'utf8'), text)
  })

  it('with save several directories over one file lose nothing', async () => {
    const path = join(folder, 'shared.json')
    const stores = [
      await fileDirectory(path, { save: true }),
      await fileDirectory(path, { save: true }),
    ]
    const names = Array.from({ length: 8 }, (_, n) => `r${n}.test`)
    await Promise.all(
      names.map((name, n) =>
        stores[n % 2]?.apply(operation('register', ['10.0.0.1'], { wire: { name } }), { signal }),
      ),
    )
    const { records } = JSON.parse(readFileSync(path, 'utf8')) as { records: { name: string }[] }
    assert.deepEqual(records.map(({ name }) => name).toSorted(), names)
    for (const store of stores) await store[Symbol.asyncDispose]()
  })

  it('with save leaves no draft where the file cannot be replaced', async () => {
    const path = join(folder, 'in-the-way.json')
    await using store = await fileDirectory(path, { save: true, onError: () => undefined })
    mkdirSync(path)
    await assert.rejects(store.apply(operation('register', ['10.0.0.1']), { signal }))
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    )
  })

  it('reads a file that somebody holds as soon as it is let go', async () => {
    const path = write(records({ name: 'old.test' }))
    const errors: NspError[] = []
    let held = 0
    const read = async (file: string) => {
      if (held-- > 0) throw Object.assign(new Error('held'), { code: 'EBUSY' })
      return readFileSync(file, 'utf8')
    }
    const onError = (error: NspError) => void errors.push(error)
    await using store = await new ZoneFile({ path, save: false, onError, read }).begin()
    held = 4
    writeFileSync(path, records({ name: 'new.test' }))
    await until('the new record is there', () => names(store).includes('new.test'))
    assert.equal(errors.length, 1)
    assert.match(errors[0]?.message ?? '', /held/)
  })

  it('with save writes one registration after another', async () => {
    const path = write(records())
    await using directory = await fileDirectory(path, { save: true })
    const names = Array.from({ length: 20 }, (_, at) => `n${at}`)
    await Promise.all(
      names.map((name) =>
        directory.apply(operation('register', ['10.0.0.1'], { wire: { name } }), { signal }),
      ),
    )
    const { services } = parseZone(path, readFileSync(path, 'utf8'))
    assert.deepEqual(
      [...services.values()].map(({ name }) => name),
      names,
    )
  })
})
