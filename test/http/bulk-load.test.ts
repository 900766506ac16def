import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LINES_TYPE } from '../../src/http/upload.ts'
import { BULK_LOADS_IN_FLIGHT_MAX } from '../../src/operations/bulk-load.ts'
import {
  ask,
  messageOf,
  parseAnswer,
  type RunningService,
  requestText,
  sendRaw,
  startService,
  TOKEN,
} from './running-service.ts'

const test = suite<{ service: RunningService }>('bulk load over HTTP')

const TABLES = '/v1/data/p1/tables'
const TABLE = 'my-table.v1'
const LOAD = `${TABLES}/${TABLE}/bulk_load`

test.before(async (context) => {
  context.service = await startService()
  const body = JSON.stringify({
    table_name: TABLE,
    attribute_definitions: [
      { attribute_name: 'h', attribute_type: 'S' },
      { attribute_name: 'r', attribute_type: 'N' },
      { attribute_name: 'v', attribute_type: 'S' },
    ],
    key_schema: [
      { attribute_name: 'h', key_type: 'HASH' },
      { attribute_name: 'r', key_type: 'RANGE' },
    ],
    local_secondary_indexes: [
      {
        index_name: 'by-v',
        key_schema: [
          { attribute_name: 'h', key_type: 'HASH' },
          { attribute_name: 'v', key_type: 'RANGE' },
        ],
        projection: { projection_type: 'ALL' },
      },
    ],
  })
  const { port } = context.service
  const answer = await ask(port, { method: 'POST', target: TABLES, headers: [TOKEN], body })
  assert.is(answer.status, 200)
})

test.after(async ({ service }) => {
  await service.close()
})

const line = (h: string, r: number, v = 'v') =>
  `{"h":{"S":"${h}"},"r":{"N":"${r}"},"v":{"S":"${v}"}}\n`

const load = (port: number, body: string, target = LOAD) =>
  ask(port, { method: 'POST', target, headers: [TOKEN], body })

async function countOf(port: number, h: string, index?: string): Promise<number> {
  const body = JSON.stringify({
    key_conditions: { h: { comparison_operator: 'EQ', attribute_value_list: [{ S: h }] } },
    select: 'COUNT',
    ...(index && { index_name: index }),
  })
  const target = `${TABLES}/${TABLE}/query`
  return JSON.parse((await ask(port, { method: 'POST', target, headers: [TOKEN], body })).body)
    .count
}

test('a table with `.` and `-` in its name is loaded, its index too', async ({
  service: { port },
}) => {
  const lines = Array.from({ length: 500 }, (_, i) => line('plain', i)).join('')
  const { status, headers, body } = await load(port, lines.trimEnd())
  assert.is(status, 200)
  assert.is(headers.get('content-type'), 'application/json')
  assert.equal(JSON.parse(body), {
    ...{ read: 500, processed: 500, unprocessed: 0, failed: 0 },
    last_item: line('plain', 499).trimEnd(),
    failed_items: {},
  })
  assert.is(await countOf(port, 'plain'), 500)
  assert.is(await countOf(port, 'plain', 'by-v'), 500)
})

test('an empty line stops the load', async ({ service: { port } }) => {
  const { body } = await load(port, `${line('stop', 1)}\n${line('stop', 2)}${line('stop', 3)}`)
  assert.equal(JSON.parse(body), {
    ...{ read: 4, processed: 1, unprocessed: 2, failed: 1 },
    last_item: '\n',
    failed_items: { '\n': "ValidationError('The line is empty',)" },
  })
  assert.is(await countOf(port, 'stop'), 1)
})

test('an empty body is a load of nothing', async ({ service: { port } }) => {
  const { body } = await load(port, '')
  assert.is(JSON.parse(body).read, 0)
  assert.is(JSON.parse(body).last_item, null)
})

test('a missing table is told as the failure of the first line', async ({ service: { port } }) => {
  const { status, body } = await load(port, line('a', 1), `${TABLES}/missing/bulk_load`)
  assert.is(status, 200)
  assert.equal(JSON.parse(body).failed_items, {
    [line('a', 1)]: `TableNotExistsException("Table 'missing' does not exist",)`,
  })
})

test('who may not load is told before the body is sent', async ({ service: { port } }) => {
  const refused = (headers: readonly string[], target = LOAD) => {
    const expecting = [...headers, 'Expect: 100-continue', 'Content-Length: 1000000']
    return sendRaw(port, requestText(port, { method: 'POST', target, headers: expecting }))
  }
  assert.is((await refused([])).status, 401)
  assert.is((await refused(['X-Auth-Token: u:p1:reader'])).status, 403)
  const other = await refused([TOKEN], '/v1/data/p2/tables/other/bulk_load')
  assert.is(other.status, 403)
  assert.is(messageOf(other), 'No access to project')
  assert.is((await refused([TOKEN, 'Content-Encoding: gzip'])).status, 415)
  const unclear = await refused([TOKEN], `${LOAD}?progress=often`)
  assert.is(unclear.status, 400)
  const welcome = await ask(port, {
    method: 'POST',
    target: LOAD,
    headers: [TOKEN, 'Expect: 100-continue'],
    body: line('expect', 1),
  })
  assert.is(welcome.status, 100)
  assert.match(welcome.text, '"processed":1')
})

test('only POST', async ({ service: { port } }) => {
  const answer = await ask(port, { method: 'PUT', target: LOAD, headers: [TOKEN] })
  assert.is(answer.status, 405)
  assert.is(answer.headers.get('allow'), 'POST')
})

test('the streaming port serves bulk loads and nothing else of the data API', async ({
  service: { streamingPort },
}) => {
  const { body } = await load(streamingPort, line('streaming', 1))
  assert.is(JSON.parse(body).processed, 1)
  const listed = await ask(streamingPort, { target: TABLES, headers: [TOKEN] })
  assert.is(listed.status, 404)
  const health = await ask(streamingPort, { target: '/healthcheck' })
  assert.is(health.body, '{"API": "OK"}')
  assert.is((await ask(streamingPort, { method: 'POST', target: LOAD })).status, 401)
})

test('with progress the counts come while the body does, and the reply last', async ({
  service: { port },
}) => {
  const socket = connect(port, '127.0.0.1')
  const headers = [TOKEN, 'Transfer-Encoding: chunked', 'Connection: close']
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
  socket.write(requestText(port, { method: 'POST', target: `${LOAD}?progress=true`, headers }))
  socket.write(chunk(line('progress', 1)))
  let text = ''
  socket.on('data', (some) => {
    text += some
  })
  while (!text.includes('"processed":1')) await once(socket, 'data')
  socket.write(`${chunk(line('progress', 2))}0\r\n\r\n`)
  await once(socket, 'close')
  assert.is(parseAnswer(text).headers.get('content-type'), LINES_TYPE)
  const lines = text.match(/\{"read".*\}/g) ?? []
  assert.equal(JSON.parse(lines[0] ?? ''), { read: 1, processed: 1, unprocessed: 0, failed: 0 })
  assert.equal(JSON.parse(lines.at(-1) ?? ''), {
    ...{ read: 2, processed: 2, unprocessed: 0, failed: 0 },
    last_item: line('progress', 2),
    failed_items: {},
  })
})

test('what a client sent before it went away is written', async ({ service: { port } }) => {
  const socket = connect(port, '127.0.0.1')
  const headers = [TOKEN, 'Content-Length: 1000000']
  socket.write(requestText(port, { method: 'POST', target: LOAD, headers }))
  socket.write(line('gone', 1) + line('gone', 2) + line('gone', 3).slice(0, 10))
  while ((await countOf(port, 'gone')) < 2) await new Promise(setImmediate)
  socket.destroy()
  assert.is(JSON.parse((await load(port, line('gone', 4))).body).processed, 1)
})

test('more loads at once than there is memory for are refused', async ({ service: { port } }) => {
  const sockets = Array.from({ length: BULK_LOADS_IN_FLIGHT_MAX }, (_, i) => {
    const socket = connect(port, '127.0.0.1')
    const headers = [TOKEN, 'Content-Length: 1000000']
    socket.write(requestText(port, { method: 'POST', target: LOAD, headers }) + line('many', i))
    return socket
  })
  while ((await countOf(port, 'many')) < sockets.length) await new Promise(setImmediate)
  const refused = await load(port, line('many', 1))
  assert.is(refused.status, 503)
  assert.ok(refused.headers.has('retry-after'))
  for (const socket of sockets) socket.destroy()
  while ((await load(port, line('many', 1))).status !== 200) await new Promise(setImmediate)
})

test('50 MB go through in bounded memory, and the connection goes on', async ({
  service: { port },
}) => {
  const padding = 'x'.repeat(50_000)
  function* body() {
    for (let i = 0; i < 1_000; i++) {
      yield `{"h":{"S":"large"},"r":{"N":"${i % 20}"},"padding":{"S":"${padding}"}}\n`
    }
  }
  const before = process.memoryUsage.rss()
  let largest = 0
  const timer = setInterval(() => {
    largest = Math.max(largest, process.memoryUsage.rss())
  }, 20)
  const headers = { 'X-Auth-Token': 'user:p1' }
  const outgoing = request({ port, method: 'POST', path: LOAD, headers })
  Readable.from(body()).pipe(outgoing)
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of incoming) text += chunk
  clearInterval(timer)
  assert.is(JSON.parse(text).processed, 1_000)
  const megabytes = (largest - before) / 2 ** 20
  assert.ok(megabytes < 150, `${megabytes} MB more`)
  const again = await sendRaw(
    port,
    requestText(port, { method: 'POST', target: LOAD, headers: [TOKEN], body: line('twice', 1) }),
    requestText(port, {
      method: 'POST',
      target: LOAD,
      headers: [TOKEN, 'Connection: close'],
      body: line('twice', 2),
    }),
  )
  assert.is(again.text.match(/"processed":1/g)?.length, 2)
})

test.run()
