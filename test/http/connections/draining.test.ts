import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { Hono } from 'hono'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectionLimits } from '../../../src/http/connections/connection-limits.ts'
import { requestListener } from '../../../src/http/connections/listener.ts'
import { RequestQueue, type WaitingRequest } from '../../../src/http/connections/request-queue.ts'
import { ANSWERED, type HttpEnv } from '../../../src/http/endpoint.ts'
import { JSON_TYPE } from '../../../src/http/exchange.ts'
import { Fault } from '../../../src/http/fault.ts'
import { ask } from '../running-service.ts'

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

test('a process that begins to drain under too much load refuses nobody any more', async () => {
  const { port } = server.address() as AddressInfo
  const statuses: number[] = []
  const call = async () => statuses.push((await ask(port, { target: '/' })).status)
  const untilAllAreIn = async (callers: number) => {
    while (queue.held.length + statuses.length < callers) await turn()
  }
  const waiting = Array.from({ length: CALLERS }, call)
  await untilAllAreIn(CALLERS)
  await call()
  assert.equal(statuses, [503])
  lifecycle.draining = true
  const late = Array.from({ length: CALLERS }, call)
  await untilAllAreIn(2 * CALLERS + 1)
  for (const request of queue.held) request.serve()
  await Promise.all([...waiting, ...late])
  assert.equal(statuses, [503, ...Array(2 * CALLERS).fill(200)])
})

test.run()
