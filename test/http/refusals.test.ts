import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import {
  type InProcessService,
  startService,
  THREAD_TABLE,
  TOKEN,
} from '../support/in-process-service.ts'
import { ask, type RawAnswer, type RawRequest } from '../support/raw-http.ts'
import { suite } from '../support/suite.ts'

const SECONDS_MAX = 30
/** Log lines that one status may cause in ten seconds. */
const LINES_MAX = 20

const test = suite<{ service: InProcessService }>('refusals')

test.before.each(async (context) => {
  context.service = await startService()
})

test.after.each(({ service }) => service.close())

const TABLES = '/v1/data/p1/tables'
const LONG_HEADERS = Array.from({ length: 101 }, (_, index) => `A${index}: b`)

const REFUSED: readonly [status: number, reason: string, request: RawRequest][] = [
  [401, 'not_user_project', { target: TABLES }],
  [403, 'other_project', { target: '/v1/data/p2/tables', headers: [TOKEN] }],
  [403, 'not_permitted', { target: TABLES, headers: ['X-Auth-Token: ann:p1:guest'] }],
  [404, 'route_not_found', { target: '/v1/nothing?token=hidden' }],
  [404, 'table_not_found', { target: `${TABLES}/none`, headers: [TOKEN] }],
  [405, 'The method PUT is not allowed here', { method: 'PUT', target: TABLES, headers: [TOKEN] }],
  [
    413,
    'body_too_large',
    {
      method: 'POST',
      target: `${TABLES}/thread/put_item`,
      headers: [TOKEN, 'Expect: 100-continue', 'Content-Length: 9999999'],
    },
  ],
  [
    415,
    'content_encoding_unsupported',
    {
      method: 'POST',
      target: TABLES,
      headers: [TOKEN, 'Content-Encoding: gzip'],
      body: THREAD_TABLE,
    },
  ],
  [431, 'Too many header lines', { target: '/', headers: LONG_HEADERS }],
]

/** Waits until the log contains the text. */
async function logged(service: InProcessService, text: string | RegExp): Promise<string> {
  const deadline = performance.now() + SECONDS_MAX * 1_000
  const isThere = () => service.logText().search(text) >= 0
  while (!isThere() && performance.now() < deadline) await setTimeout(10)
  assert.match(service.logText(), text)
  return service.logText()
}

/** The log line about the request with this answer. */
async function lineAbout(service: InProcessService, answer: RawAnswer): Promise<string> {
  const id = answer.headers.get('x-openstack-request-id') ?? 'none'
  const log = await logged(service, id)
  const lines = log.split('\n').filter((line) => line.includes(id))
  assert.is(lines.length, 1, lines.join('\n'))
  return lines[0] ?? ''
}

for (const [status, reason, request] of REFUSED) {
  test(`a ${status} logs one line with its request id: ${reason}`, async ({ service }) => {
    const answer = await ask(service.port, request)
    assert.is(answer.status, status)
    const line = await lineAbout(service, answer)
    const [path = ''] = request.target.split('?')
    assert.match(line, ' INFO magnetodb.api [')
    assert.match(
      line,
      `] refused status: ${status} method: ${request.method ?? 'GET'} path: ${path} `,
    )
    assert.match(line, reason)
    assert.match(line, / client: \S*127\.0\.0\.1$/)
    assert.not.match(line, 'hidden')
  })
}

test('an invalid request logs a line that repeats nothing of it', async ({ service }) => {
  const target = `${TABLES}/thread/put_item`
  const body = '{"item": {"forum": {"S": "hunter2", "N": "hunter3"}}}'
  const answer = await ask(service.port, { method: 'POST', target, headers: [TOKEN], body })
  assert.is(answer.status, 400)
  const line = await lineAbout(service, answer)
  assert.match(line, / user p1\] refused status: 400 .* reason: validation client/)
  assert.not.match(line, 'hunter')
})

test('a flood of refusals logs a bounded number of lines', async ({ service }) => {
  const requests = 100
  const socket = connect(service.port, '127.0.0.1')
  let answers = 0
  for (; answers < requests; answers++) {
    socket.write(`GET /none HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
  }
  socket.destroy()
  const other = await ask(service.port, { target: TABLES })
  await lineAbout(service, other)
  const lines = service.logText().match(/refused status: 404/g) ?? []
  assert.is(lines.length, LINES_MAX)
})

test.run()
