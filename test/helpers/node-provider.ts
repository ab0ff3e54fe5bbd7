// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The providers of the tests, over the real library. Importing this serves nothing.
import {
  type CallContext,
  codec,
  controlCode,
  defineIoctl,
  defineProvider,
  type IoctlHandler,
  type IoctlRequest,
  Namespace,
  onIoctl,
  type Provider,
  WinsockError,
} from '../../lib/index.ts'
import { encodeUtf16 } from '../../lib/wire/bytes.ts'
import { state } from './node-state.ts'

type Answer = (request: IoctlRequest<Uint8Array>, context: CallContext) => Uint8Array

function dword(bytes: Uint8Array): number {
  return codec.uint32.decode(bytes.slice(0, 4)) as number
}

/** One control code whose handler is logged, can be held and can be made to fail. */
function testIoctl(number: number, answer: Answer, alwaysWaits = false): IoctlHandler {
  const code = controlCode('inout', number)
  return onIoctl(defineIoctl({ code }), async (request, context) => {
    state.log('ioctl', request.query, context, code)
    const behaviour = state.codes.of(code)
    await behaviour.wait(context.signal, alwaysWaits)
    behaviour.fail()
    return answer(request, context)
  })
}

const ioctl = [
  testIoctl(1, ({ input }) => input),
  testIoctl(2, ({ input }) =>
    input.map((byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte)),
  ),
  testIoctl(3, ({ query }, { client }) => encodeUtf16(`${query.name ?? ''}|${client.processId}`)),
  testIoctl(4, ({ input }) => {
    throw new WinsockError(dword(input))
  }),
  testIoctl(5, ({ input }) => input, true),
  testIoctl(6, ({ input }) => Uint8Array.from({ length: dword(input) }, (_, at) => at & 0xff)),
]

const env = (name: string): number => Number(process.env[name] ?? 2000)
const deadlines = {
  lookupMs: env('NSP_TEST_LOOKUP_MS'),
  ioctlMs: env('NSP_TEST_IOCTL_MS'),
  registerMs: env('NSP_TEST_REGISTER_MS'),
}
const vouchedFor = process.env.NSP_TEST_REVISION ?? ''
const handlers = {
  ...(vouchedFor === '' ? {} : { revision: () => vouchedFor }),
  ioctl,
  deadlines,
  lookup: state.lookup.bind(state),
}

const plain: Provider = defineProvider({
  name: 'winsock-nsp test',
  entries: {
    names: {
      id: '8f6c1d10-5b1e-4c53-9a52-4e53504e0001',
      namespace: Namespace.DNS,
      owns: ['*.nsp.test', 'nsp.test', 'nspecho/tcp', '7007/tcp'],
      ownsAddresses: ['10.1.0.0/16'],
    },
    mesh: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e0002', namespace: 1001 },
  },
  ...handlers,
  // Notifications and classes are the directory's; registrations can be held and made to fail.
  directory: state.directory,
  register: (change, context) => state.change('register', change, context),
  deregister: (change, context) => state.change('deregister', change, context),
  remove: (change, context) => state.change('remove', change, context),
  async classInfo(id, context) {
    state.logClass('classInfo', id, context)
    return await state.directory.classes.get(id)
  },
})

const vouching: Provider = defineProvider({
  name: 'winsock-nsp test (vouching)',
  entries: { vouch: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e0003', namespace: 1002 } },
  ...handlers,
  stillValid(handle, context) {
    state.log('stillValid', handle.query, context)
    return state.stillValid
  },
})

const feeding: Provider = defineProvider({
  name: 'winsock-nsp test (feed)',
  entries: { feed: { id: '8f6c1d10-5b1e-4c53-9a52-4e53504e0004', namespace: 1003 } },
  ...handlers,
  changes: 'feed',
})

export const providers: readonly Provider[] = [plain, vouching, feeding]
export const graceMs: number = env('NSP_TEST_GRACE_MS')
