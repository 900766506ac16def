import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import * as assert from 'uvu/assert'
import { BodyReceiver, BodyTimeoutError, CallerGoneError } from '../../../src/http/body.ts'
import { NodeExchange } from '../../../src/http/node-exchange.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { stopwatch } from '../../scheduled-time.ts'
import { sendRaw } from '../../support/raw-http.ts'
import { test } from '../../support/suite.ts'
import { until } from '../../support/until.ts'
import { serverParts } from '../server-parts.ts'

const BYTES_MAX = 1000
const LIMITS = { idleSecondsMax: 0.5, totalSecondsMax: 2, bytesHeldMax: 3_000 }
let server: Server
let port: number
let received: Promise<Buffer>
let receiver: BodyReceiver

/** Replaced for each request. */
let noteReceived: (body: Promise<Buffer>) => void
function nextBody(): Promise<Buffer> {
  return new Promise((resolve) => {
    noteReceived = (body) => resolve(body)
  })
}

/** Called when the first bytes of the next body have arrived. */
let noteBegun: () => void = () => {}
function nextBegun(): Promise<void> {
  return new Promise((resolve) => {
    noteBegun = resolve
  })
}

/** What `receive` returned to the last request with the header `X-Waits`. */
let late: unknown

/** Receives at once, or with the header `X-Waits` after the whole request has arrived. */
async function receive(exchange: NodeExchange): Promise<Buffer> {
  const { incoming, share } = exchange
  if (exchange.header('x-waits') === undefined) {
    return receiver.receive(exchange, share, BYTES_MAX)
  }
  await until('the whole request is here', () => incoming.complete)
  late = receiver.receive(exchange, share, BYTES_MAX)
  return late as Promise<Buffer>
}

test.before(async () => {
  receiver = new BodyReceiver(LIMITS)
  const listener: Parameters<typeof createServer>[1] = (incoming, outgoing) => {
    const exchange = new NodeExchange(incoming, outgoing, serverParts({ receiver }))
    const body = receive(exchange)
    noteReceived(body)
    if (exchange.header('x-waits') === undefined) incoming.once('data', () => noteBegun())
    body.then(
      (bytes) => outgoing.end(`${bytes.length}`),
      (error: Error) => outgoing.writeHead(400, { Connection: 'close' }).end(error.message),
    )
  }
  server = createServer(listener)
  server.on('checkContinue', listener as never)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

test.after(() => {
  server.closeAllConnections()
  server.close()
})

const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'

async function rejection(body: Promise<Buffer>): Promise<unknown> {
  return body.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('a body that arrives in pieces is assembled', async () => {
  received = nextBody()
  const answer = await sendRaw(
    port,
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
    '2\r\nde\r\n0\r\n\r\n',
  )
  assert.is(answer.body.includes('5'), true)
  const body = await received
  assert.is(body.toString(), 'abcde')
  receiver.release(body.length, '127.0.0.1')
})

test('a body that has arrived is received at once, if its share has room', async () => {
  const waits = `${HEAD}X-Waits: 1\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1_000)}`
  received = nextBody()
  assert.is((await sendRaw(port, waits)).status, 200)
  assert.instance(late, Buffer)
  const held = await received
  assert.is(held.length, 1_000)
  received = nextBody()
  const second = sendRaw(port, waits)
  await until('it waits for room', () => late instanceof Promise)
  receiver.release(held.length, '127.0.0.1')
  assert.is((await second).status, 200)
  receiver.release((await received).length, '127.0.0.1')
})

test('a Content-Length above the limit is refused before the body is read', async () => {
  received = nextBody()
  const refused = rejection(received)
  const answer = await sendRaw(port, `${HEAD}Content-Length: ${BYTES_MAX + 1}\r\n\r\n`)
  assert.is(answer.status, 400)
  assert.is(((await refused) as MagnetoDBError).code, 'body_too_large')
})

test('a chunked body above the limit is refused while it arrives', async () => {
  received = nextBody()
  const refused = rejection(received)
  const chunk = `1f4\r\n${'x'.repeat(500)}\r\n`
  await sendRaw(port, `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, chunk, chunk, chunk)
  assert.instance(await refused, MagnetoDBError)
})

test('a body that stalls or drips is cut off', async () => {
  const watch = stopwatch()
  received = nextBody()
  const idle = rejection(received)
  await sendRaw(port, `${HEAD}Content-Length: 10\r\n\r\nabc`)
  assert.instance(await idle, BodyTimeoutError)
  assert.ok(watch() < 2_000, 'before its total time was over')

  received = nextBody()
  const dripped = rejection(received)
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(`${HEAD}Content-Length: 900\r\n\r\n`)
  })
  socket.on('error', () => {})
  const drip = setInterval(() => socket.write('x'), 100)
  assert.instance(await dripped, BodyTimeoutError)
  clearInterval(drip)
  socket.destroy()
  assert.ok(watch() < 8_000)
})

test('a client that disconnects ends the receiving', async () => {
  received = nextBody()
  const gone = rejection(received)
  const socket = connect(port, '127.0.0.1', () => {
    socket.end(`${HEAD}Content-Length: 10\r\n\r\nabc`, () => socket.destroy())
  })
  assert.instance(await gone, CallerGoneError)
})

test('100 Continue is sent only when the body is received', async () => {
  received = nextBody()
  const small = `${HEAD}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab`
  const wanted = await sendRaw(port, small)
  assert.match(wanted.text, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /)
  receiver.release((await received).length, '127.0.0.1')

  received = nextBody()
  const refused = rejection(received)
  const large = `${HEAD}Expect: 100-continue\r\nContent-Length: 5000\r\n\r\n`
  assert.is((await sendRaw(port, large)).status, 400)
  await refused
})

test('100 Continue is also sent if the body came before it, so the connection stays', async () => {
  received = nextBody()
  const expecting = HEAD.replace('Connection: close\r\n', 'X-Waits: 1\r\nExpect: 100-continue\r\n')
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(`${expecting}Content-Length: 2\r\n\r\nab`)
  })
  receiver.release((await received).length, '127.0.0.1')
  assert.instance(late, Buffer)
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  await until('the answer is here', () => /HTTP\/1.1 200 .*\r\n\r\n/s.test(text))
  assert.match(text, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /)
  assert.not.match(text, /connection: close/i)
  socket.destroy()
})

function connectFrom(localAddress: string, text: string) {
  const socket = connect({ port, host: '127.0.0.1', localAddress }, () => socket.write(text))
  socket.on('error', () => {})
  return { socket, answer: once(socket, 'data').then(String) }
}

const WHOLE = `${HEAD}Content-Length: 1000\r\n\r\n${'x'.repeat(1_000)}`

test('a body beyond its share waits; those of other shares do not', async () => {
  received = nextBody()
  assert.is((await sendRaw(port, WHOLE)).status, 200)
  const held = await received
  let isAnswered = false
  const begun = nextBegun()
  received = nextBody()
  const waiting = sendRaw(port, WHOLE).finally(() => {
    isAnswered = true
  })
  const late = received
  await begun
  received = nextBody()
  const other = connectFrom('127.0.0.2', WHOLE.replace('1000', '500').slice(0, -500))
  assert.match(await other.answer, /^HTTP\/1.1 200 /)
  receiver.release((await received).length, '127.0.0.2')
  assert.is(isAnswered, false)
  receiver.release(held.length, '127.0.0.1')
  assert.is((await waiting).status, 200)
  receiver.release((await late).length, '127.0.0.1')
})

test('bodies that together exceed the limit while incomplete all complete', async () => {
  const bodies: Promise<Buffer>[] = []
  const parts = []
  for (let i = 0; i < 2; i++) {
    const begun = nextBegun()
    bodies.push(nextBody())
    parts.push(connectFrom('127.0.0.1', `${HEAD}Content-Length: 1000\r\n\r\n${'x'.repeat(900)}`))
    await begun
  }
  for (const { socket } of [...parts].reverse()) socket.write('x'.repeat(100))
  for (const [i, { answer }] of parts.entries()) {
    assert.match(await answer, /^HTTP\/1.1 200 /)
    receiver.release((await bodies[i])?.length ?? 0, '127.0.0.1')
  }
})

test('a body that waits for room until its deadline is refused', async () => {
  received = nextBody()
  assert.is((await sendRaw(port, WHOLE)).status, 200)
  const held = await received
  received = nextBody()
  const refused = rejection(received)
  assert.is((await sendRaw(port, WHOLE)).status, 400)
  assert.is(((await refused) as MagnetoDBError).reason.is, 'too_many_bodies')
  receiver.release(held.length, '127.0.0.1')
})

test('above the limit of bytes the largest share loses a body', async () => {
  const sockets: ReturnType<typeof connectFrom>[] = []
  for (const [address, bytes] of [
    ['127.0.0.2', 700],
    ['127.0.0.2', 710],
    ['127.0.0.3', 990],
  ] as const) {
    const begun = nextBegun()
    const text = `${HEAD}Content-Length: 1000\r\n\r\n${'x'.repeat(bytes)}`
    sockets.push(connectFrom(address, text))
    await begun
  }
  received = nextBody()
  const last = await sendRaw(port, `${HEAD}Content-Length: 800\r\n\r\n${'x'.repeat(800)}`)
  assert.is(last.status, 200, 'who comes last holds less')
  receiver.release((await received).length, '127.0.0.1')
  assert.match((await sockets[1]?.answer) ?? '', /too_many_bodies/)
  for (const { socket } of sockets) socket.destroy()
})

test.run()
