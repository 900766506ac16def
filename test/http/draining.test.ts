import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hono } from 'hono'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectionLimits } from '../../src/http/connection-limits.ts'
import { ANSWERED, type HttpEnv } from '../../src/http/endpoint.ts'
import { JSON_TYPE } from '../../src/http/exchange.ts'
import { Fault } from '../../src/http/fault.ts'
import { requestListener } from '../../src/http/listener.ts'
import { RequestQueue, type WaitingRequest } from '../../src/http/request-queue.ts'
import { ask } from './running-service.ts'

const CALLERS = 5

/** Full with so many; what waits is begun when the test says so. */
class FullQueue extends RequestQueue {
  readonly held: WaitingRequest[] = []

  override admit(isDraining = false): 'wait' | 'refuse' {
    return isDraining || this.held.length < CALLERS ? 'wait' : 'refuse'
  }

  override wait(request: WaitingRequest): void {
    this.held.push(request)
  }
}

const app = new Hono<HttpEnv>()
app.all('*', ({ env }) => {
  env.outgoing.end('served')
  return ANSWERED
})
const log = { isDebugEnabled: false, debug() {}, info() {}, warn() {}, error() {} }
const encodeError = () => ({ status: 503, contentType: JSON_TYPE, body: '{}' })
const fault = new Fault({ encodeError, wwwAuthenticate: undefined, log })
const lifecycle = { draining: false }
const queue = new FullQueue()
const connections = new ConnectionLimits()
const server = createServer(requestListener({ app, fault, lifecycle, queue, connections }))

test.before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
test.after(() => new Promise<void>((resolve) => server.close(() => resolve())))

async function untilHeld(count: number): Promise<void> {
  while (queue.held.length < count) await new Promise((resolve) => setTimeout(resolve, 1))
}

test('a process that begins to drain under too much load refuses nobody any more', async () => {
  const { port } = server.address() as AddressInfo
  const statusOf = async () => (await ask(port, { target: '/' })).status
  const waiting = Array.from({ length: CALLERS }, statusOf)
  await untilHeld(CALLERS)
  assert.is(await statusOf(), 503)
  lifecycle.draining = true
  const late = Array.from({ length: CALLERS }, statusOf)
  await untilHeld(2 * CALLERS)
  for (const request of queue.held) request.serve()
  assert.equal(await Promise.all([...waiting, ...late]), Array(2 * CALLERS).fill(200))
})

test.run()
