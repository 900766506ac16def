import { createServer, type Server } from 'node:net'
import * as assert from 'uvu/assert'
import { answersIn, parseAnswer, RawExchange, sendRaw } from './raw-http.ts'
import { suite } from './suite.ts'

const test = suite<{ server: Server; port: number }>('raw HTTP')

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{"\r\n3;x=y\r\na":\r\n0\r\n\r\n'

test.before.each(async (context) => {
  const server = createServer((socket) => {
    socket.on('data', () => socket.write(OK))
    socket.on('end', () => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'))
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  Object.assign(context, { server, port })
})
test.after.each(({ server }) => {
  server.close()
})

test('the final answers are found among chunks and interim answers', () => {
  const found = answersIn(`HTTP/1.1 100 Continue\r\n\r\n${OK}${CHUNKED}`)
  assert.equal(
    found?.map(({ status, body }) => [status, body]),
    [
      [200, 'ok'],
      [200, '{"a":'],
    ],
  )
})

test('an incomplete answer is not returned', () => {
  for (const text of [OK, CHUNKED]) {
    for (let end = 0; end < text.length; end++) {
      assert.is(answersIn(text.slice(0, end)), undefined, JSON.stringify(text.slice(0, end)))
    }
  }
})

test('headers are found by lower-case name', () => {
  const { status, headers, body } = parseAnswer('HTTP/1.1 404 X\r\nX-A:  b: c \r\n\r\nrest')
  assert.equal([status, headers.get('x-a'), body], [404, 'b: c', 'rest'])
})

test('ends half-closes the connection, and leaves closes it after an answer', async ({ port }) => {
  assert.match(await new RawExchange(port, ['x'], { ends: true }).ended, /200 OK[\s\S]*400 Bad/)
  assert.match(await new RawExchange(port, ['x'], { leaves: true }).ended, /^HTTP\/1\.1 200/)
})

test('a refused connection rejects', async ({ server, port }) => {
  server.close()
  const error = await sendRaw(port, 'x').catch((reason: unknown) => reason)
  assert.match(String(error), 'ECONNREFUSED')
})

test.run()
