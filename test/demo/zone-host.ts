// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The demo's host process: serves examples/zone.ts and says on standard output when it is ready and
// when it tells clients of a change. It closes when its standard input ends.
import { type InvalidateScope, serve } from 'winsock-nsp'
import provider, { guests } from '../../examples/zone.ts'

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

// The planted fault "forgets": registrations are answered, and not kept.
if (process.env.DEMO_FORGETS) guests.apply = async () => {}

/** The planted faults "deaf" and "deaf-watch": everything is as always, but no client hears of it. */
function isDeaf(scope: InvalidateScope | undefined): boolean {
  const { DEMO_DEAF } = process.env
  if (DEMO_DEAF !== 'guests') return DEMO_DEAF !== undefined
  return typeof scope === 'object' && 'name' in scope && scope.name.includes('.guest.')
}

try {
  const host = await serve(provider)
  const tellClients = host.invalidate.bind(host)
  host.invalidate = (scope) => {
    const at = process.hrtime.bigint().toString()
    if (!isDeaf(scope)) tellClients(scope)
    say({ invalidated: true, at })
  }
  say({ ready: true, pid: process.pid })
  process.stdin.resume().on('end', () => {
    host.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`)
        process.exit(1)
      },
    )
  })
} catch (error) {
  const { code, message, remedy } = error as Record<string, unknown>
  say({ ready: false, code, message, remedy })
  process.exitCode = 1
}
