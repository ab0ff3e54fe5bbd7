// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo's copy of the zone file: what answers must be according to the file, and edits of the copy.
import { renameSync, writeFileSync } from 'node:fs'
import { isIP, SocketAddress } from 'node:net'
import { join } from 'node:path'

/** A record as the file writes it; whether it is right is for the host to say. */
interface FileRecord {
  readonly name: string
  readonly [field: string]: unknown
}

export interface ZoneRecord {
  readonly name: string
  readonly v4: readonly string[]
  readonly v6: readonly string[]
  readonly serviceClass: string | undefined
  readonly port: number
  readonly version: number | undefined
  readonly comment: string | undefined
}

/** What the demo shows needs one of each; a file that lacks it gets one, in the copy. */
const SAMPLES: readonly FileRecord[] = [
  { name: 'demo.zone.example', addresses: ['10.77.9.1', 'fd77::9:1'] },
  {
    name: 'demo-service.zone.example',
    class: '00091f90-0000-0000-c000-000000000046',
    addresses: ['10.77.9.2:8080'],
    version: 1,
    comment: "the demo's own service",
  },
]

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined)

/** The shortest form of an IPv6 address; everything else as it is. */
export function shortest(address: string): string {
  if (isIP(address) !== 6 || address.includes('%')) return address
  return new SocketAddress({ address, family: 'ipv6' }).address
}

/** '10.0.0.1', '10.0.0.1:80', 'fd00::1', '[fd00::1]:80' */
function parseAddress(text: string): { address: string; port: number } {
  if (isIP(text) !== 0) return { address: shortest(text), port: 0 }
  const [, long, short, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text) ?? []
  return { address: shortest(long ?? short ?? text), port: Number(port ?? 0) }
}

function addressTexts({ addresses }: FileRecord): string[] {
  return Array.isArray(addresses) ? addresses.map(String) : []
}

function readRecord(record: FileRecord): ZoneRecord {
  const addresses = addressTexts(record).map(parseAddress)
  const ofVersion = (version: number) =>
    addresses.map(({ address }) => address).filter((address) => isIP(address) === version)
  return {
    name: record.name,
    v4: ofVersion(4),
    v6: ofVersion(6),
    serviceClass: textOf(record.class)?.toLowerCase().replace(/[{}]/g, ''),
    port: addresses[0]?.port ?? 0,
    version: numberOf(record.version),
    comment: textOf(record.comment),
  }
}

/** Records with a name; the last one of a name counts. */
function namedRecords(file: unknown): FileRecord[] {
  const { records } = (file ?? {}) as { readonly records?: unknown }
  if (!Array.isArray(records)) throw new Error('"records" is missing or not a list')
  const named = records.filter((record) => typeof record?.name === 'string') as FileRecord[]
  return [...new Map(named.map((record) => [record.name.toLowerCase(), record])).values()]
}

/** Owned by the provider's NS_DNS entry. */
const isOwned = ({ name }: ZoneRecord) => name.toLowerCase().endsWith('.zone.example')
/** Its addresses lead back to names: the block of that entry's `ownsAddresses`. */
const inBlock = (address: string) => address.startsWith('10.77.')
const isService = ({ serviceClass }: ZoneRecord) => serviceClass !== undefined

export class ZoneCopy {
  readonly title: string
  /** Names that the copy gets and the file has not. */
  readonly added: readonly string[]
  path = ''
  readonly #text: string
  readonly #file: Record<string, unknown>
  #records: FileRecord[]
  #omitted: string | undefined
  #edits = 0

  private constructor(title: string, text: string) {
    this.title = title
    this.#text = text
    this.#file = JSON.parse(text) as Record<string, unknown>
    this.#records = namedRecords(this.#file)
    const samples = this.#missing()
    // A sample takes the place of a record with its name.
    this.#records = namedRecords({ records: [...this.#records, ...samples] })
    this.added = samples.map(({ name }) => name)
  }

  /** @throws Error if the text is not a zone file at all. */
  static parse(title: string, text: string): ZoneCopy {
    return new ZoneCopy(title, text)
  }

  #missing(): FileRecord[] {
    const plain = this.records.filter((record) => isOwned(record) && !isService(record))
    const isEnough =
      plain.some(({ v4 }) => v4.length > 0) &&
      plain.some(({ v6 }) => v6.length > 0) &&
      this.records.some(({ v4 }) => v4.some(inBlock))
    const hasService = this.records.some(isService)
    const [address, service] = SAMPLES
    return [isEnough ? undefined : address, hasService ? undefined : service].filter(
      (one) => one !== undefined,
    )
  }

  get records(): ZoneRecord[] {
    return this.#records.map(readRecord)
  }

  #first(fits: (record: ZoneRecord) => boolean): ZoneRecord {
    const found = this.records.find(fits)
    if (!found) throw new Error(`${this.title} lacks a record that the demo needs`)
    return found
  }
  /** The name that is asked for first, and changes. */
  get named(): ZoneRecord {
    return this.#first(({ v4, serviceClass }) => v4.length > 0 && serviceClass === undefined)
  }
  /** A name that NS_DNS queries reach. */
  get owned(): ZoneRecord {
    return this.#first((record) => isOwned(record) && !isService(record) && record.v4.length > 0)
  }
  get sixed(): ZoneRecord {
    return this.#first((record) => isOwned(record) && record.v6.length > 0)
  }
  get service(): ZoneRecord {
    return this.#first(isService)
  }
  /** An address, and the name that it leads back to. */
  get reversed(): { readonly address: string; readonly record: ZoneRecord } {
    const record = this.#first(({ v4 }) => v4.some(inBlock))
    return { record, address: record.v4.find(inBlock) ?? '' }
  }
  /** A name that programs may register, and that the file has not. */
  get guest(): string {
    const names = new Set(this.records.map(({ name }) => name.toLowerCase()))
    let name = 'scanner.guest.zone.example'
    while (names.has(name)) name = `a-${name}`
    return name
  }
  /** A name of the same kind that the file has not. */
  get unknown(): string {
    return `nobody.${this.owned.name.replace(/^[^.]*\./, '')}`
  }

  /** The planted fault "wrong-zone": this name is never written. */
  omit(name: string): void {
    this.#omitted = name
  }

  /** The file as it is, so that what the host says about a line is true of the file. */
  writeInto(folder: string): void {
    this.path = join(folder, 'zone.json')
    if (this.#omitted === undefined) this.#put(this.#text)
    else this.writeRecords()
  }

  /** With the added names, and what was edited. */
  writeRecords(): void {
    const records = this.#records.filter(({ name }) => name !== this.#omitted)
    this.#put(`${JSON.stringify({ ...this.#file, records }, null, 2)}\n`)
  }

  /** Gives the first name another IPv4 address. */
  edit(): void {
    const { name } = this.named
    const address = `10.250.0.${++this.#edits}`
    this.#records = this.#records.map((record) => {
      if (record.name !== name) return record
      const kept = addressTexts(record).filter((text) => isIP(parseAddress(text).address) === 6)
      return { ...record, addresses: [address, ...kept] }
    })
    this.writeRecords()
  }

  /** In one go: the host never reads half a file. It may have the old one open for a moment. */
  #put(text: string): void {
    const part = `${this.path}.part`
    writeFileSync(part, text)
    const clock = new Int32Array(new SharedArrayBuffer(4))
    for (let tries = 1; ; tries++) {
      try {
        renameSync(part, this.path)
        return
      } catch (error) {
        if (tries === 100) throw error
        Atomics.wait(clock, 0, 0, 10)
      }
    }
  }
}
