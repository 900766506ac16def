import { once } from 'node:events'
import { type AddressInfo, connect, Server, Socket } from 'node:net'
import { Hono } from 'hono'
import * as assert from 'uvu/assert'
import type { HttpApp } from '../../../src/http/app.ts'
import {
  ConnectionLimits,
  type ConnectionMaxima,
} from '../../../src/http/connections/connection-limits.ts'
import { createHttpServer } from '../../../src/http/connections/server.ts'
import { closeOf } from '../../support/raw-http.ts'
import { suite } from '../../support/suite.ts'
import { serverParts } from '../server-parts.ts'

const test = suite('connection limits')

const ALICE = '127.0.0.1'
const BOB = '127.0.0.2'
const TRIES_MAX = 1_000
const app: HttpApp = new Hono()
app.all('*', (c) => c.text('served', 200, { 'Content-Length': '6' }))

async function serving(maxima: ConnectionMaxima) {
  const parts = serverParts({ connections: new ConnectionLimits(maxima) })
  const server = createHttpServer(app, parts)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    /** Opens a connection, and tells whether it is served. */
    async opened(localAddress: string) {
      const socket = connect({ port, host: '127.0.0.1', localAddress })
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
      socket.on('error', () => {})
      const told = await new Promise<string>((resolve) => {
        socket.once('data', (data) => resolve(String(data)))
        socket.once('close', () => resolve('closed'))
      })
      return { socket, told, isServed: told.endsWith('served') }
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('an address has a limited number of connections, apart from others', async () => {
  const { opened, close } = await serving({ all: 100, ofAddress: 3, surplus: 100 })
  const first = []
  for (let i = 0; i < 3; i++) first.push(await opened(ALICE))
  assert.ok(first.every(({ isServed }) => isServed))
  assert.not((await opened(ALICE)).isServed)
  assert.not((await opened(ALICE)).isServed)
  assert.ok((await opened(BOB)).isServed)
  first[0]?.socket.destroy()
  // The server may not yet have seen the close.
  let again = await opened(ALICE)
  for (let i = 0; !again.isServed && i < TRIES_MAX; i++) again = await opened(ALICE)
  assert.ok(again.isServed)
  assert.not((await opened(ALICE)).isServed, 'only one place was free')
  close()
})

test('a connection beyond the limit answers 503; existing ones are not affected', async () => {
  const { opened, close } = await serving({ all: 2, ofAddress: 2, surplus: 100 })
  const served = [await opened(ALICE), await opened(BOB)]
  const { told, socket } = await opened(ALICE)
  assert.match(told, /^HTTP\/1.1 503 .*Retry-After: 1\r\n/s)
  assert.match(told, /\r\nConnection: close\r\n/)
  assert.match(told, 'Too many connections at once')
  if (!socket.closed) await closeOf(socket)
  for (const { socket: kept } of served) {
    kept.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    assert.match(String(await once(kept, 'data')), 'served')
  }
  close()
})

test('connections beyond those waiting for a 503 are closed without an answer', async () => {
  const { opened, close } = await serving({ all: 0, ofAddress: 1, surplus: 0 })
  assert.is((await opened(ALICE)).told, 'closed')
  close()
})

test('an IPv6 /64 network has as many connections as one address', () => {
  const connections = new ConnectionLimits({ all: 100, ofAddress: 1, surplus: 100 })
  const server = new Server()
  connections.watch(server)
  /** Connections are simulated, because the machine may have no IPv6 addresses. */
  const isSurplus = (remoteAddress: string) => {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress })
    server.emit('connection', socket)
    return connections.isSurplus(socket)
  }
  assert.not(isSurplus('2001:db8:1:2::1'))
  assert.ok(isSurplus('2001:db8:1:2::2'))
  assert.not(isSurplus('2001:db8:1:3::2'))
})

test.run()
