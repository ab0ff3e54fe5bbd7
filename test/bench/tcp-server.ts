// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The other end of the baseline "tcp": a loopback server with the provider's own handler.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { ADDRESS, addressNumber, answer } from './provider.ts'

function reply(socket: Socket, bytes: Buffer): void {
  const name = bytes.toString('utf16le', 2, 2 + bytes.readUInt16LE(0))
  const found = answer(name.toLowerCase())
  const out = Buffer.alloc(4)
  if (found !== undefined) out.writeUInt32LE(addressNumber(ADDRESS))
  socket.end(out)
}

/** Port on which it listens. One request a connection. */
export function listenTcp(): Promise<number> {
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0)
    socket.setNoDelay(true)
    // A client that has its answer may go first.
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16LE(0)) reply(socket, bytes)
    })
  })
  return new Promise((done, failed) => {
    server.once('error', failed)
    server.listen(0, '127.0.0.1', 512, () => done((server.address() as AddressInfo).port))
  })
}
