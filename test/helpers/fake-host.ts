// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A host over a FakeServer, for tests of everything above the pipe; and the least valid provider.

import { startHost } from '../../lib/host/host.ts'
import { checkServeOptions } from '../../lib/host/options.ts'
import {
  defineProvider,
  type HandlerFailure,
  type Host,
  type Provider,
  type ProviderInit,
} from '../../lib/index.ts'
import { definitionOf } from '../../lib/internal/definition.ts'
import type { Native } from '../../lib/internal/native.ts'
import type { ServeOptions } from '../../lib/types.ts'
import { FakeServer } from './fake-server.ts'

export const ID = '8f6c1d10-5b1e-4c53-9a52-4e53504e00ff'

export function provider(init: Partial<ProviderInit> = {}): Provider {
  return defineProvider({
    name: 'unit test',
    entries: { mesh: { id: ID, namespace: 1001 } },
    lookup: () => undefined,
    ...init,
  })
}

export interface FakeHost {
  readonly host: Host
  readonly server: FakeServer
  readonly failures: HandlerFailure[]
}

/** Serves `init` over a fake; a client with the number 1 is connected. `records`: what the host before has left. */
export async function fakeHost(
  init: Partial<ProviderInit> = {},
  options: ServeOptions = {},
  records?: FakeServer['records'],
): Promise<FakeHost> {
  const server = new FakeServer()
  if (records !== undefined) {
    records.forgetOwners()
    server.records = records
  }
  const served = provider(init)
  const native = {
    currentUserSid: () => 'S-1-5-21-1-2-3-500',
    serve(serveOptions, onEvent) {
      server.options = serveOptions
      server.onEvent = onEvent
      return server
    },
  } satisfies Partial<Native>
  const host = await startHost(
    {
      native: native as unknown as Native,
      provider: served,
      definition: definitionOf(served),
      controlPath: 'control-1.bin',
      options: checkServeOptions(options),
      afterClose: async () => undefined,
    },
    options.signal,
  )
  const failures: HandlerFailure[] = []
  host.on('handlerError', (failure) => failures.push(failure))
  server.connect()
  return { host, server, failures }
}

/** One turn of the event loop, and all that it sets off. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
