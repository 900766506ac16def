import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { suite } from '../support/suite.ts'
import { untilAnswered } from './handshake.ts'

const test = suite('handshake')
const HANDSHAKE = { send: Buffer.from('version\r\n'), answer: Buffer.from('VERSION ') }
const HOST = '127.0.0.1'

/** Runs a server during `use`. `serve` handles each connection, counted from 1. */
async function withServer(
  serve: (socket: Socket, connection: number) => void,
  use: (port: number) => Promise<void>,
): Promise<void> {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    connections += 1
    serve(socket, connections)
  })
  await once(server.listen(0, HOST), 'listening')
  try {
    await use((server.address() as AddressInfo).port)
  } finally {
    for (const socket of sockets) socket.destroy()
    await once(server.close(), 'close')
  }
}

test('a port that closes, or answers something else, is tried again', async () => {
  let last = 0
  await withServer(
    (socket, connection) => {
      last = connection
      if (connection === 1) socket.end()
      else socket.once('data', () => socket.write(connection === 2 ? 'ERROR\r\n..' : 'VERSION 1'))
    },
    (port) => untilAnswered(HOST, port, HANDSHAKE, new AbortController().signal),
  )
  assert.is(last, 3)
})

test('an abort signal ends the wait for a silent server', async () => {
  const waiting = new AbortController()
  await withServer(
    (socket) => {
      socket.end()
      waiting.abort()
    },
    async (port) => {
      const outcome = await untilAnswered(HOST, port, HANDSHAKE, waiting.signal).then(
        () => 'answered',
        (error) => error.name,
      )
      assert.is(outcome, 'AbortError')
    },
  )
})

test.run()
