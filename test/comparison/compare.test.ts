import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { answersIn } from '../support/raw-http.ts'
import { test } from '../support/suite.ts'
import { comparable } from './answer-text.ts'
import { Comparison } from './compare.ts'

/** Answers every request with 400, this message, and its own date, request id and table time. */
async function answering(
  sentence: string,
  header = 'x',
): Promise<{ port: number; server: Server }> {
  const server = createServer((_, response) => {
    response.writeHead(400, {
      'X-Openstack-Request-Id': `req-${Math.random()}`,
      'X-Other': header,
    })
    const creation_date_time = `${performance.now()}`
    const { port } = server.address() as AddressInfo
    const href = `http://127.0.0.1:${port}/`
    response.end(JSON.stringify({ message: sentence, creation_date_time, href }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, server }
}

type Answering = ReturnType<typeof answering>

async function differencesOf(...servers: [Answering, Answering]): Promise<number> {
  const [before, after] = await Promise.all(servers)
  const comparison = new Comparison(before.port, after.port)
  const bytes = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await comparison.send({ operation: 'page', bytes, isWhole: true })
  await comparison.end()
  for (const { server } of [before, after]) server.close()
  assert.equal([...comparison.sentences], [["400 No '…' today", 1]])
  return comparison.differences.length
}

test('dates, request ids, creation times and ports are no difference', async () => {
  assert.is(await differencesOf(answering("No 'a' today"), answering("No 'a' today")), 0)
})

test('another message is a difference', async () => {
  assert.is(await differencesOf(answering("No 'a' today"), answering("No 'b' today")), 1)
})

test('another header is a difference', async () => {
  const [before, after] = [answering("No 'a' today"), answering("No 'a' today", 'y')]
  assert.is(await differencesOf(before, after), 1)
})

test('only the last report of a bulk load is compared', () => {
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
  const report = (read: number) => `c\r\n{"read":${read}}\n\r\n`
  const whole = comparable(`${head}${report(1)}${report(2)}0\r\n\r\n`, 1)
  assert.is(whole, comparable(`${head}${report(2)}0\r\n\r\n`, 1))
  assert.is(comparable(head + report(1) + report(1), 1), comparable(head + report(1), 1))
  assert.is.not(comparable(head + report(1), 1), comparable(head + report(2), 1))
})

test('an answer is parsed with and without chunks, after a 100 Continue', () => {
  const text =
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' +
    '3\r\nabc\r\n1\r\nd\r\n0\r\n\r\nHTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno'
  assert.equal(
    answersIn(text)?.map(({ status, body }) => [status, body]),
    [
      [200, 'abcd'],
      [400, 'no'],
    ],
  )
  assert.is(answersIn(text.slice(0, -1)), undefined)
})

test.run()
