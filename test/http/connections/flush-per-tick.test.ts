import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { FlushPerTick } from '../../../src/http/connections/flush-per-tick.ts'
import { suite } from '../../support/suite.ts'

const test = suite('answers of one turn')

const flush = new FlushPerTick()
const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

const received: ServerResponse[] = []
const server = createServer((_request, response) => {
  received.push(response)
  server.emit('received')
})
const sockets: Socket[] = []

test.before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

test.after.each(() => {
  received.length = 0
  for (const socket of sockets.splice(0)) socket.destroy()
})

test.after(async () => {
  server.close()
  await once(server, 'close')
})

/** Sends requests and resolves when the server has received all of them. */
async function ask(requests: string, count: number): Promise<Socket> {
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  sockets.push(socket)
  const waitsFor = received.length + count
  socket.write(requests)
  while (received.length < waitsFor) await once(server, 'received')
  return socket
}

async function answerOf(socket: Socket, last: string): Promise<string> {
  let text = ''
  while (!text.endsWith(last)) text += (await once(socket, 'data'))[0]
  return text
}

test('answers are written together at the end of a turn', async () => {
  const first = await ask(GET, 1)
  const second = await ask(GET, 1)
  for (const [index, response] of received.entries())
    flush.end(response, `body ${index}`, 'project')
  assert.equal(
    received.map(({ writableEnded }) => writableEnded),
    [false, false],
  )
  assert.match(await answerOf(first, 'body 0'), /^HTTP\/1.1 200 OK/)
  assert.match(await answerOf(second, 'body 1'), /^HTTP\/1.1 200 OK/)
})

test('pipelined requests are answered in their order', async () => {
  const socket = await ask(GET + GET, 2)
  const [first, second] = received
  if (!first || !second) throw new Error('two requests were expected')
  flush.end(second, 'later', 'project')
  flush.end(first, 'sooner', 'project')
  assert.match(await answerOf(socket, 'later'), /sooner.*later$/s)
})

test('an answer to a closed connection does not affect others', async () => {
  await ask(GET, 1)
  const staying = await ask(GET, 1)
  const [gone, answered] = received
  if (!gone || !answered) throw new Error('two requests were expected')
  gone.socket?.destroy()
  flush.end(gone, 'nobody reads this', 'project')
  flush.end(answered, 'here', 'project')
  assert.match(await answerOf(staying, 'here'), /here$/)
})

test.run()
