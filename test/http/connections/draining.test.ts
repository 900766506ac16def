import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { Gate } from '../../../src/http/connections/gate.ts'
import { RequestQueue, type WaitingRequest } from '../../../src/http/connections/request-queue.ts'
import { drain } from '../../../src/http/connections/server.ts'
import { ask } from '../../support/raw-http.ts'
import { test } from '../../support/suite.ts'
import { serverParts } from '../server-parts.ts'

const CALLERS = 5
const WAITING = 100
/** Milliseconds that accepting a connection takes. */
const PAUSE_MS = 5

/** A queue at its limit, whose waiting requests start when the test says so. */
class FullQueue extends RequestQueue {
  readonly held: WaitingRequest[] = []

  override admit(_share: () => string, isDraining = false): 'wait' | 'refuse' {
    return isDraining || this.held.length < CALLERS ? 'wait' : 'refuse'
  }

  override wait(request: WaitingRequest): void {
    this.held.push(request)
  }
}

const lifecycle = { draining: false }
const queue = new FullQueue()
const gate = new Gate(serverParts({ lifecycle, queue }), ({ outgoing }) => {
  outgoing.end('served')
})
const server = createServer(gate.listener)

test.before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
test.after(() => new Promise<void>((resolve) => server.close(() => resolve())))

test('a process that drains under overload refuses no request', async () => {
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

/** A server that takes `PAUSE_MS` to accept a connection, and requests on `WAITING` of them. */
async function slowlyAccepting() {
  const slow = createServer((_request, response) => response.end('served'))
  const pause = new Int32Array(new SharedArrayBuffer(4))
  slow.on('connection', () => Atomics.wait(pause, 0, 0, PAUSE_MS))
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
  const { port } = slow.address() as AddressInfo
  const calls = Array.from({ length: WAITING }, () => ask(port, { target: '/' }))
  return { slow, answers: Promise.allSettled(calls) }
}

test('a drain answers connections that wait in the kernel, on a slow machine too', async () => {
  const { slow, answers } = await slowlyAccepting()
  assert.is(await drain(slow, { draining: false }), true)
  const statuses = (await answers).map((each) => each.status === 'fulfilled' && each.value.status)
  assert.equal(statuses, Array(WAITING).fill(200))
})

test('a drain stops accepting connections at its time limit', async () => {
  const { slow, answers } = await slowlyAccepting()
  await drain(slow, { draining: false }, (WAITING * PAUSE_MS) / 5_000)
  assert.ok((await answers).some(({ status }) => status === 'rejected'))
})

test.run()
