import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import type { WireRequest } from '../../../src/dialect/wire.ts'
import { Gate } from '../../../src/http/connections/gate.ts'
import { RequestQueue, type WaitingRequest } from '../../../src/http/connections/request-queue.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { ask } from '../../support/raw-http.ts'
import { test } from '../../support/suite.ts'
import { serverParts, wireWith } from '../server-parts.ts'

class TooMuch extends RequestQueue {
  override admit(): 'refuse' {
    return 'refuse'
  }
}

const gate = new Gate(serverParts({ queue: new TooMuch() }), ({ outgoing }) => {
  outgoing.end('served')
})
const server = createServer(gate.listener)

test.before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
test.after(() => new Promise<void>((resolve) => server.close(() => resolve())))

test('under overload only health checks are served, in any spelling of the path', async () => {
  const { port } = server.address() as AddressInfo
  const statusOf = async (target: string) => (await ask(port, { target })).status
  assert.is(await statusOf('/healthcheck?fullcheck=true'), 200)
  for (const path of ['/v1/data/p/tables', '/%76%31/data/p/tables', '/', '/healthchecks']) {
    assert.is(await statusOf(path), 503, path)
    assert.is(await statusOf(`http://elsewhere${path}`), 503, path)
  }
})

test('a request waits as its project if its token is cached, else its address', async () => {
  const shares: string[] = []
  class Waiting extends RequestQueue {
    override admit(): 'wait' {
      return 'wait'
    }
    override wait(request: WaitingRequest): void {
      shares.push(request.share)
      request.serve()
    }
  }
  const known = (request: WireRequest) => {
    const token = request.header('x-auth-token')
    if (token === 'malformed') throw new MagnetoDBError({ is: 'unauthenticated' })
    const identity = { userId: 'u', projectId: 'p', roles: new Set<string>(), expiresAt: Infinity }
    return token === 'known' ? identity : undefined
  }
  const select = () => {
    throw new MagnetoDBError({ is: 'route_not_found' })
  }
  const other = { userId: 'u', projectId: 'other', roles: new Set<string>(), expiresAt: Infinity }
  const wires = [
    wireWith({ known: () => other, owns: (request) => request.header('x-other') !== undefined }),
    wireWith({ known, routes: [{ method: 'GET', path: '/v1/', select }] }),
  ] as const
  const { listener } = new Gate(serverParts({ wires, queue: new Waiting() }), ({ outgoing }) => {
    outgoing.end('served')
  })
  const waiting = createServer(listener)
  await new Promise<void>((resolve) => waiting.listen(0, '127.0.0.1', resolve))
  const { port } = waiting.address() as AddressInfo
  for (const token of ['known', 'unknown', 'malformed']) {
    await ask(port, { target: '/v1/', headers: [`X-Auth-Token: ${token}`] })
  }
  assert.equal(shares, ['p', '127.0.0.1', '127.0.0.1'])
  await ask(port, { target: '/v1/', headers: ['X-Auth-Token: known', 'X-Other: 1'] })
  assert.is(shares.at(-1), 'p', 'another wire does not say who calls')
  waiting.close()
})

test('a pipelined request waits for the answer ahead; their number is limited', async () => {
  const begun: ServerResponse[] = []
  const { listener } = new Gate(serverParts(), ({ outgoing }) => begun.push(outgoing))
  let come = 0
  const held = createServer((incoming, outgoing) => {
    come++
    listener(incoming, outgoing)
  })
  await new Promise<void>((resolve) => held.listen(0, '127.0.0.1', resolve))
  const { port } = held.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  socket.resume()
  const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
  socket.write(request.repeat(3))
  while (come < 3) await turn()
  assert.is(begun.length, 1)
  begun[0]?.end('first')
  while (begun.length < 2) await turn()
  socket.write(request.repeat(70))
  await closed
  assert.is(begun.length, 2)
  held.close()
})

test('a wire that throws in owns answers 500', async () => {
  const owns = () => {
    throw new Error('nobody foresaw this')
  }
  const parts = serverParts({ wires: [wireWith({ owns })] })
  const broken = createServer(new Gate(parts, () => {}).listener)
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve))
  const { port } = broken.address() as AddressInfo
  assert.is((await ask(port, { target: '/v1/data/p/tables' })).status, 500)
  broken.close()
})

test.run()
