import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { BodyReceiver } from '../../../src/http/body.ts'
import { NodeExchange } from '../../../src/http/node-exchange.ts'
import { createRequestContext } from '../../../src/identity/request-context.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'
import { serverParts } from '../server-parts.ts'

const test = suite('bodies of unidentified callers')
const BODY_BYTES_MAX = 1_000
const TIMES = { idleSecondsMax: 20, totalSecondsMax: 20 }

interface Received {
  readonly exchange: NodeExchange
  /** `received`, or the reason for the refusal. */
  outcome: string | undefined
}

let server: Server
let port: number
let received: Map<string, Received>
const sockets: Socket[] = []

/** Headers name the request, and may claim a project. */
async function receive(exchange: NodeExchange): Promise<void> {
  const each: Received = { exchange, outcome: undefined }
  received.set(exchange.header('x-name') ?? '', each)
  const claims = exchange.header('x-claims')
  const share = { name: claims ?? exchange.address ?? '', isStranger: claims === undefined }
  try {
    await exchange.receiveUnidentified(BODY_BYTES_MAX, share)
    each.outcome = 'received'
  } catch (error) {
    each.outcome = error instanceof MagnetoDBError ? error.reason.is : `${error}`
  }
}

test.before.each(async () => {
  received = new Map()
  const parts = serverParts({
    receiver: new BodyReceiver({ ...TIMES, bytesHeldMax: 1_000 }),
    strangers: new BodyReceiver({ ...TIMES, bytesHeldMax: 400 }),
  })
  server = createServer((incoming, outgoing) =>
    receive(new NodeExchange(incoming, outgoing, parts)),
  )
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  port = (server.address() as AddressInfo).port
})

test.after.each(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  server.closeAllConnections()
  server.close()
})

/** @param host a loopback address, which is also the client's */
async function begin(name: string, { host = '127.0.0.1', claims = '', sent = 0, of = 900 } = {}) {
  const socket = connect({ port, host, localAddress: host })
  sockets.push(socket)
  socket.on('error', () => {})
  const claim = claims === '' ? '' : `X-Claims: ${claims}\r\n`
  const head = `POST / HTTP/1.1\r\nHost: h\r\nX-Name: ${name}\r\n${claim}Content-Length: ${of}`
  socket.write(`${head}\r\n\r\n${'x'.repeat(sent)}`)
  await until(`${name} is there`, () => received.has(name))
  return socket
}

const outcomeOf = (name: string) => received.get(name)?.outcome
const settled = () => new Promise((resolve) => setTimeout(resolve, 50))

test("bodies of unidentified callers evict each other, and no project's body", async () => {
  const tenant = await begin('tenant', { claims: 'p1', sent: 480, of: 500 })
  await begin('s2', { host: '127.0.0.2', sent: 150 })
  await begin('s3', { host: '127.0.0.3', sent: 190 })
  await settled()
  assert.equal([outcomeOf('s2'), outcomeOf('s3')], [undefined, undefined])
  await begin('s4', { host: '127.0.0.4', sent: 180 })
  await until('one has to go', () => outcomeOf('s3') !== undefined)
  assert.is(outcomeOf('s3'), 'too_many_bodies')
  assert.equal([outcomeOf('s2'), outcomeOf('s4')], [undefined, undefined])
  tenant.write('x'.repeat(20))
  await until('the body of the tenant is received', () => outcomeOf('tenant') === 'received')
})

test('if all bodies are complete and in use, a new one is refused', async () => {
  for (const [name, host] of [
    ['s2', '127.0.0.2'],
    ['s3', '127.0.0.3'],
  ] as const) {
    await begin(name, { host, sent: 190, of: 190 })
    await until(`${name} is received`, () => outcomeOf(name) === 'received')
  }
  await begin('s4', { host: '127.0.0.4', sent: 180 })
  await until('it has to go', () => outcomeOf('s4') !== undefined)
  assert.is(outcomeOf('s4'), 'too_many_bodies')
})

test("a body counts for its caller's project once this is identified", async () => {
  await begin('s2', { host: '127.0.0.2', sent: 190, of: 190 })
  await until('it is received', () => outcomeOf('s2') === 'received')
  const identity = { userId: 'u', projectId: 'p1', roles: new Set<string>(), expiresAt: 0 }
  received.get('s2')?.exchange.identified(createRequestContext(identity, 'req-1'))
  // Only now is there room for two more bodies.
  await begin('s3', { host: '127.0.0.3', sent: 190, of: 190 })
  await begin('s4', { host: '127.0.0.4', sent: 190, of: 190 })
  await until('both are received', () => outcomeOf('s4') === 'received')
  assert.is(outcomeOf('s3'), 'received')
  // The project holds 190 bytes. With this body it would hold over half of all, so the body waits.
  const next = await begin('next', { claims: 'p1', sent: 400, of: 410 })
  await settled()
  next.write('x'.repeat(10))
  await settled()
  assert.is(outcomeOf('next'), undefined)
  received.get('s2')?.exchange.release()
  await until('there is room', () => outcomeOf('next') === 'received')
})

test('a released body frees its bytes', async () => {
  for (let i = 0; i < 5; i++) {
    await begin(`s${i}`, { host: '127.0.0.2', sent: 190, of: 190 })
    await until('it is received', () => outcomeOf(`s${i}`) === 'received')
    received.get(`s${i}`)?.exchange.release()
  }
})

test.run()
