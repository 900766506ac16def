import { connect, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { type InProcessService, startService, TOKEN } from '../../support/in-process-service.ts'
import { ask, parseAnswer, requestText, sendRaw } from '../../support/raw-http.ts'
import { test } from '../../support/suite.ts'

const TABLES = '/v1/data/p1/tables'
let service: InProcessService

test.before(async () => {
  service = await startService()
})

test.after(() => service.close())

test('a malformed request answers 400 and closes the connection', async () => {
  const host = 'Host: localhost\r\n'
  const malformed = [
    `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    `POST / HTTP/1.1\r\n${host}Content-Length: +1\r\n\r\na`,
    `POST / HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}X-A : b\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}X-A: b\r\n c\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}X-A: \0\r\n\r\n`,
    `GET /é HTTP/1.1\r\n${host}\r\n`,
    'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
    'rubbish\r\n\r\n',
  ]
  for (const text of malformed) {
    assert.is((await sendRaw(service.port, text)).status, 400, JSON.stringify(text))
  }
})

test('a long token is accepted, too long headers answer 431', async () => {
  const withToken = (length: number) =>
    ask(service.port, {
      target: '/v1/data/p1/tables',
      headers: [`X-Auth-Token: ${'x'.repeat(length)}`],
    })
  assert.is((await withToken(8190)).status, 401)
  assert.is((await withToken(17_000)).status, 431)
})

test('refusing a large body closes the connection, a small one does not', async () => {
  const refused = (length: number) =>
    new Promise<string>((resolve) => {
      const socket = connect(service.port, '127.0.0.1', () => {
        const headers = [`Content-Length: ${length}`]
        socket.write(requestText(service.port, { method: 'POST', target: TABLES, headers }))
      })
      socket.once('data', (chunk) => {
        socket.destroy()
        resolve(parseAnswer(chunk.toString()).headers.get('connection') ?? '')
      })
    })
  assert.is(await refused(100), 'keep-alive')
  assert.is(await refused(10_000_000), 'close')
})

test('a body above the limit answers 413 without 100 Continue', async () => {
  const target = '/v1/data/p1/tables/thread/put_item'
  const headers = [TOKEN, 'Content-Length: 5000000', 'Expect: 100-continue']
  const answer = await ask(service.port, { method: 'POST', target, headers })
  assert.is(answer.status, 413)
  assert.is(JSON.parse(answer.body).code, 413)
})

test('a client that sends a large body anyway can read the 413', async () => {
  const head = requestText(service.port, {
    method: 'POST',
    target: '/v1/data/p1/tables/thread/put_item',
    headers: [TOKEN, 'Content-Length: 5000000'],
  })
  const answer = await sendRaw(service.port, head, Buffer.alloc(5_000_000, ' '))
  assert.is(answer.status, 413)
  assert.is(answer.headers.get('connection'), 'close')
})

test('100 Continue is sent only after authentication', async () => {
  const target = '/v1/data/p1/tables/thread/put_item'
  const headers = ['Content-Length: 2', 'Expect: 100-continue']
  const stranger = await ask(service.port, { method: 'POST', target, headers })
  assert.is(stranger.status, 401)
  const known = requestText(
    service.port,
    { method: 'POST', target, headers: [TOKEN, ...headers] },
    ['Connection: close'],
  )
  assert.match((await sendRaw(service.port, `${known}{}`)).text, /^HTTP\/1.1 100 Continue/)
})

test('pipelined requests answer in order', async () => {
  const first = requestText(service.port, { target: '/healthcheck' })
  const second = requestText(service.port, { target: '/' }, ['Connection: close'])
  const { text } = await sendRaw(service.port, first + second)
  assert.ok(text.indexOf('{"API": "OK"}') < text.indexOf('{"versions"'))
})

test('a draining server answers pending requests with Connection: close', async () => {
  const ending = await startService()
  const sockets = await Promise.all([1, 2, 3, 4].map(() => openConnection(ending.port)))
  const [busy, fresh, used, idle] = sockets as [Socket, Socket, Socket, Socket]
  const path = '/v1/data/p1/tables/thread/put_item'
  busy.write(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${TOKEN}\r\nContent-Length: 11\r\n\r\n{"it`,
  )
  const health = requestText(ending.port, { target: '/healthcheck' })
  for (const socket of [used, idle]) {
    assert.match(await exchange(socket, health), /keep-alive/)
  }
  const drained = ending.drain()
  for (const socket of [fresh, used]) {
    const last = await exchange(socket, health)
    assert.match(last, /^HTTP\/1.1 200 OK/)
    assert.match(last, /Connection: close/)
  }
  const finished = await exchange(busy, 'em":{}}')
  assert.match(finished, /^HTTP\/1.1 4/)
  assert.match(finished, /Connection: close/)
  assert.is(await drained, true)
  const refused = await openConnection(ending.port).then(
    () => 'accepted',
    (error: NodeJS.ErrnoException) => error.code,
  )
  assert.is(refused, 'ECONNREFUSED')
  for (const socket of sockets) socket.destroy()
  await ending.close()
})

function openConnection(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.on('error', reject)
  })
}

function exchange(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve) => {
    socket.once('data', (chunk) => resolve(chunk.toString()))
    socket.write(text)
  })
}

test.run()
