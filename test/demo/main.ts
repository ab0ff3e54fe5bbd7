// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo, inside Windows Node: installs a provider, asks it from foreign programs of both widths, edits its data,
// takes everything back. The zone file comes in on standard input.
// Arguments: --out FILE, --title NAME of the zone file, --break FAULT.
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { Demo } from './demo.ts'
import { findFault } from './faults.ts'
import { ZoneCopy } from './zone-copy.ts'

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'demo.json' },
    title: { type: 'string', default: 'examples/zone.json' },
    break: { type: 'string' },
  },
})

const fault = findFault(values.break)
const input = await text(process.stdin)
let zone: ZoneCopy
try {
  zone = ZoneCopy.parse(values.title, input)
} catch (error) {
  process.stdout.write(`${values.title} is not a zone file: ${(error as Error).message}\n`)
  process.stdout.write('To help: write {"records": [...]} as in examples/zone.json.\n')
  process.exit(1)
}
const demo = new Demo(zone, fault)
const ok = await demo.run()
demo.report.write(values.out, { zone: values.title, ...(fault ? { fault } : {}) })
process.exit(ok ? 0 : 1)
