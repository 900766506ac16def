import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { limitConnectionsOfAddress } from '../../src/http/connections-of-address.ts'

const test = suite('connections of an address')

const MAX = 3
const TRIES_MAX = 1_000

test('an address has so many at once, and others have theirs', async () => {
  const server = createServer((_, outgoing) => outgoing.end('served'))
  limitConnectionsOfAddress(server, MAX)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  /** A connection that is kept, and whether it was served. */
  const opened = async (localAddress: string) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    // Always followed by `close`.
    socket.on('error', () => {})
    const isServed = await new Promise<boolean>((resolve) => {
      socket.once('data', () => resolve(true))
      socket.once('close', () => resolve(false))
    })
    return { socket, isServed }
  }
  const first = []
  for (let i = 0; i < MAX; i++) first.push(await opened('127.0.0.1'))
  assert.ok(first.every(({ isServed }) => isServed))
  assert.is((await opened('127.0.0.1')).isServed, false)
  assert.is((await opened('127.0.0.1')).isServed, false)
  const other = await opened('127.0.0.2')
  assert.is(other.isServed, true)
  first[0]?.socket.destroy()
  // Until the server has seen that it is closed.
  let again = await opened('127.0.0.1')
  for (let i = 0; !again.isServed && i < TRIES_MAX; i++) again = await opened('127.0.0.1')
  assert.ok(again.isServed)
  assert.is((await opened('127.0.0.1')).isServed, false, 'only one place was free')
  for (const { socket } of [...first, other, again]) socket.destroy()
  server.close()
})

test.run()
