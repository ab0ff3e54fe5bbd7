// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// serve: hosts an installed provider until it is told to stop.
import { serve } from '../serve.ts'
import type { Host } from '../types.ts'
import { type Output, say } from './output.ts'
import { loadProvider } from './provider-file.ts'

/** Resolves at the first Ctrl+C, closed console or end of service; with `output` also when nobody reads that any more. */
export function untilStopped(output?: Output): Promise<string> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve(signal))
    output?.closed?.addEventListener('abort', () => resolve('closed'), { once: true })
  })
}

export function describeHost({ provider }: Host): string {
  const entries = Object.values(provider.entries).map(
    ({ key, namespace, owns }) => `${key}: namespace ${namespace}, ${owns.join(' ')}`,
  )
  return `${provider.name}, process ${process.pid} (${entries.join('; ')})`
}

export async function serveCommand(output: Output, file: string): Promise<void> {
  const host = await serve(await loadProvider(file))
  say(output, `serving ${describeHost(host)}; Ctrl+C stops`)
  await Promise.race([untilStopped(), host.closed])
  await host.close()
  say(output, 'stopped')
}
