import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { UnreadAnswers, type UnreadLimits } from '../../../src/http/connections/slow-readers.ts'
import { closeOf } from '../../support/raw-http.ts'
import { test } from '../../support/suite.ts'

/** More bytes than the kernel buffers at both ends of a connection. */
const ANSWER_BYTES = 32 * 1024 * 1024
const LIMITS: UnreadLimits = { idleSecondsMax: 20, totalSecondsMax: 20, bytesMax: 1e9 }

const servers: Server[] = []
const sockets: Socket[] = []

test.after.each(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(limits: Partial<UnreadLimits>): Promise<Server> {
  const unread = new UnreadAnswers({ ...LIMITS, ...limits })
  const server = createServer(({ url = '' }, response) => {
    unread.end(response, 'x'.repeat(ANSWER_BYTES), url)
    response.on('close', () => server.emit('closed'))
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Sends a request, and reads nothing of the answer. */
async function askUnread(server: Server, share = 'one'): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.pause()
  const asked = once(server, 'request')
  socket.write(`GET /${share} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await asked
  return socket
}

/** Counts the bytes that still arrive before the connection ends, or until there are enough. */
async function bytesLeft(socket: Socket, enough = Number.POSITIVE_INFINITY): Promise<number> {
  let bytes = 0
  socket.on('data', (chunk) => {
    bytes += chunk.length
    if (bytes >= enough) socket.destroy()
  })
  socket.resume()
  await closeOf(socket)
  return bytes
}

test('an answer to a client that is gone takes no room from others', async () => {
  const unread = new UnreadAnswers({ ...LIMITS, bytesMax: 1.5 * ANSWER_BYTES })
  const server = createServer(({ url = '', socket }, response) => {
    const answer = (): void => unread.end(response, 'x'.repeat(ANSWER_BYTES), 'one')
    if (url !== '/gone') return answer()
    socket.once('close', () => {
      answer()
      server.emit('answered')
    })
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const answered = once(server, 'answered')
  const gone = await askUnread(server, 'gone')
  const reading = await askUnread(server)
  gone.destroy()
  await answered
  assert.ok((await bytesLeft(reading, ANSWER_BYTES)) >= ANSWER_BYTES)
})

test('a client that reads nothing of its answer is cut off', async () => {
  const server = await serve({ idleSecondsMax: 0.3 })
  const closed = once(server, 'closed')
  const socket = await askUnread(server)
  // A client that sends but does not read is slow all the same.
  const sending = setInterval(() => socket.write('\r\n'), 50)
  await closed
  clearInterval(sending)
  assert.ok((await bytesLeft(socket)) < ANSWER_BYTES)
})

test('a client that reads too slowly is cut off', async () => {
  const server = await serve({ idleSecondsMax: 5, totalSecondsMax: 0.5 })
  const closed = once(server, 'closed')
  const socket = await askUnread(server)
  const reading = setInterval(() => socket.read(100_000), 50)
  await closed
  clearInterval(reading)
  assert.ok((await bytesLeft(socket)) < ANSWER_BYTES)
})

test('a client that reads its answer keeps its connection', async () => {
  const server = await serve({ idleSecondsMax: 5, totalSecondsMax: 5 })
  const socket = await askUnread(server)
  let bytes = 0
  const all = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes > ANSWER_BYTES) resolve()
    })
  })
  socket.resume()
  await all
  const closed = closeOf(socket)
  const waited = new Promise((resolve) => setTimeout(resolve, 5_500, 'open'))
  assert.is(await Promise.race([closed, waited]), 'open')
})

test('too many unread answers close the oldest ones', async () => {
  const server = await serve({ bytesMax: 2.5 * ANSWER_BYTES })
  const first = await askUnread(server)
  await askUnread(server)
  const closed = once(server, 'closed')
  await askUnread(server)
  await closed
  assert.ok((await bytesLeft(first)) < ANSWER_BYTES)
  assert.is(await new Promise((resolve) => server.getConnections((_, count) => resolve(count))), 2)
})

test('an answer that is being read stays; the largest share loses one', async () => {
  const server = await serve({ bytesMax: 3.5 * ANSWER_BYTES })
  const honest = await askUnread(server, 'honest')
  const idle = await askUnread(server, 'idle')
  await askUnread(server, 'idle')
  const closed = once(server, 'closed')
  await askUnread(server, 'idle')
  await closed
  assert.ok((await bytesLeft(idle)) < ANSWER_BYTES)
  let bytes = 0
  const all = new Promise<void>((resolve) => {
    honest.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes > ANSWER_BYTES) resolve()
    })
  })
  honest.resume()
  await all
})

test('of one share the answer that is idle the longest is cut off', async () => {
  const server = await serve({ bytesMax: 2.5 * ANSWER_BYTES })
  const slow = await askUnread(server)
  const idle = await askUnread(server)
  // Reads a part, so that the server can write more.
  await new Promise((resolve) => setTimeout(resolve, 50))
  let taken = 0
  while (taken < ANSWER_BYTES / 2) {
    const chunk: Buffer | null = slow.read()
    if (chunk) taken += chunk.length
    else await once(slow, 'readable')
  }
  const closed = once(server, 'closed')
  await askUnread(server)
  await closed
  assert.ok((await bytesLeft(idle)) < ANSWER_BYTES)
})

test.run()
