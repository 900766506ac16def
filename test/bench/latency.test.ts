import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { drive } from '../../bench/latency/drive.ts'
import { figuresOf } from '../../bench/latency/figures.ts'
import { requestText } from '../../bench/request-text.ts'
import { suite } from '../support/suite.ts'

const test = suite('latency bench')

const REFUSED = { Connection: 'close', 'Content-Length': 0 }
const REQUEST = requestText({ path: '/', headers: {}, body: '{}' })
let server: Server
let answer: (response: ServerResponse, number: number) => unknown
let url: string

test.before.each(async () => {
  let number = 0
  server = createServer((request, response) => {
    request.resume().on('end', () => answer(response, number++))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})

test.after.each(() => {
  server.close()
})

const end = (response: ServerResponse, body = '{}') =>
  response.writeHead(200, { 'Content-Length': body.length }).end(body)

test('latency includes the wait behind a slow answer', async () => {
  answer = async (response, number) => {
    if (number === 0) await delay(500)
    end(response)
  }
  const load = { connections: 1, requests: 40, seconds: 0.2, rate: 200 }
  const { sent, failed, latencies, lateness } = await drive(url, () => REQUEST, load)
  assert.equal([sent, failed, latencies.length], [40, 0, 40])
  assert.ok((latencies[20] ?? 0) > 100, `half of them in ${latencies[20]} ms`)
  assert.ok((lateness[20] ?? 0) > 100, 'they were not sent before')
})

test('without a rate every connection sends until the end', async () => {
  let most = 0
  let underWay = 0
  answer = async (response) => {
    most = Math.max(most, ++underWay)
    await delay(5)
    underWay--
    end(response, 'x'.repeat(200_000))
  }
  const load = { connections: 3, requests: Number.POSITIVE_INFINITY, seconds: 0.2 }
  const { sent, failed, latencies } = await drive(url, () => REQUEST, load)
  assert.is(most, 3)
  assert.is(failed, 0)
  assert.is(latencies.length, sent)
  assert.ok((latencies[0] ?? 0) >= 4)
})

test('refused and lost requests count as failed; others continue', async () => {
  answer = (response, number) => {
    if (number % 3 === 0) response.destroy()
    else if (number % 3 === 1) response.writeHead(503, REFUSED).end()
    else end(response)
  }
  const load = { connections: 1, requests: 30, seconds: 0.1, rate: 300 }
  const outcome = await drive(url, () => REQUEST, load)
  assert.equal([outcome.sent, outcome.failed, outcome.failure], [30, 20, 'no answer'])
})

test('the share of quick answers is relative to all requests', () => {
  const latencies = Float64Array.from({ length: 100 }, (_, index) => index + 0.5)
  const outcome = { sent: 200, failed: 100, seconds: 2, latencies, lateness: latencies }
  const { rate, p50, p95, p99, max, quickShare } = figuresOf(outcome)
  assert.equal([rate, p50, p95, p99, max, quickShare], [50, 49.5, 94.5, 98.5, 99.5, 0.05])
})

test.run()
