import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { BULK_LOADS_IN_FLIGHT_MAX, PROJECT_SHARE } from '../../src/admission/admission.ts'
import { LINES_TYPE } from '../../src/http/upload.ts'
import { type InProcessService, startService, TOKEN } from '../support/in-process-service.ts'
import {
  ask,
  closeOf,
  messageOf,
  parseAnswer,
  type RawAnswer,
  requestText,
  sendRaw,
} from '../support/raw-http.ts'
import { suite } from '../support/suite.ts'

const PROJECT_LOADS_MAX = PROJECT_SHARE * BULK_LOADS_IN_FLIGHT_MAX

/** The JSON of an answer sent as one chunk. */
const dechunked = ({ body }: RawAnswer) => body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)

const failuresOf = ({ body }: RawAnswer) => Object.entries(JSON.parse(body).failed_items)

const test = suite<{ service: InProcessService }>('bulk load over HTTP')

const TABLES = '/v1/data/p1/tables'
const TABLE = 'my-table.v1'
const LOAD = `${TABLES}/${TABLE}/bulk_load`

async function createTable(port: number, name: string): Promise<void> {
  const body = JSON.stringify({
    table_name: name,
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
  const answer = await ask(port, { method: 'POST', target: TABLES, headers: [TOKEN], body })
  assert.is(answer.status, 200)
}

async function isStored(port: number, h: string, r: number): Promise<boolean> {
  const body = `{"key":{"h":{"S":"${h}"},"r":{"N":"${r}"}},"attributes_to_get":["r"]}`
  const target = `${TABLES}/${TABLE}/get_item`
  const answer = await ask(port, { method: 'POST', target, headers: [TOKEN], body })
  return 'item' in JSON.parse(answer.body)
}

test.before(async (context) => {
  context.service = await startService()
  await createTable(context.service.port, TABLE)
})

test.after(async ({ service }) => {
  await service.close()
})

const line = (h: string, r: number, v = 'v') =>
  `{"h":{"S":"${h}"},"r":{"N":"${r}"},"v":{"S":"${v}"}}\n`
const longLine = (h: string, r: number, length: number) =>
  line(h, r).replace('"v":', `"text":{"S":"${'x'.repeat(length)}"},"v":`)

const load = (port: number, body: string, target = LOAD) =>
  ask(port, { method: 'POST', target, headers: [TOKEN], body })

/** A load whose body stays open until the test ends it. */
function openLoad(port: number, { project = 'p1', table = TABLE, query = '' } = {}) {
  const socket = connect(port, '127.0.0.1')
  const headers = [`X-Auth-Token: user:${project}`, 'Transfer-Encoding: chunked']
  const target = `/v1/data/${project}/tables/${table}/bulk_load${query}`
  socket.write(requestText(port, { method: 'POST', target, headers }, ['Connection: close']))
  let text = ''
  socket.on('data', (some) => {
    text += some
  })
  return {
    socket,
    send(lines: string | Buffer) {
      const bytes = Buffer.from(lines)
      socket.write(`${bytes.length.toString(16)}\r\n`)
      socket.write(bytes)
      socket.write('\r\n')
    },
    async untilReceived(part: string): Promise<void> {
      while (!text.includes(part)) {
        if (socket.closed) throw new Error(`the connection ended: ${text}`)
        await turn()
      }
    },
    async end(): Promise<RawAnswer> {
      socket.write('0\r\n\r\n')
      await closeOf(socket)
      return parseAnswer(text)
    },
  }
}

async function countOf(port: number, h: string, index?: string, table = TABLE): Promise<number> {
  const body = JSON.stringify({
    key_conditions: { h: { comparison_operator: 'EQ', attribute_value_list: [{ S: h }] } },
    select: 'COUNT',
    ...(index && { index_name: index }),
  })
  const target = `${TABLES}/${table}/query`
  return JSON.parse((await ask(port, { method: 'POST', target, headers: [TOKEN], body })).body)
    .count
}

test('a bulk load into a table with . and - in its name fills table and index', async ({
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

test('an empty line stops a bulk load', async ({ service: { port } }) => {
  const { body } = await load(port, `${line('stop', 1)}\n${line('stop', 2)}${line('stop', 3)}`)
  assert.equal(JSON.parse(body), {
    ...{ read: 4, processed: 1, unprocessed: 2, failed: 1 },
    last_item: '\n',
    failed_items: { '\n': "ValidationError('The line is empty',)" },
  })
  assert.is(await countOf(port, 'stop'), 1)
})

test('an empty body is a bulk load of no items', async ({ service: { port } }) => {
  const { body } = await load(port, '')
  assert.is(JSON.parse(body).read, 0)
  assert.is(JSON.parse(body).last_item, null)
})

test('a bulk load into a missing table fails its first line', async ({ service: { port } }) => {
  const { status, body } = await load(port, line('a', 1), `${TABLES}/missing/bulk_load`)
  assert.is(status, 200)
  assert.equal(JSON.parse(body).failed_items, {
    [line('a', 1)]: `TableNotExistsException("Table 'missing' does not exist",)`,
  })
})

test('a bulk load without permission is refused before the body is sent', async ({
  service: { port },
}) => {
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
  for (const query of ['progres=true', 'progress=true&progress=true']) {
    const unknown = await refused([TOKEN], `${LOAD}?${query}`)
    assert.is(unknown.status, 400)
    assert.match(messageOf(unknown), 'Unexpected properties were found')
  }
  const welcome = await ask(port, {
    method: 'POST',
    target: LOAD,
    headers: [TOKEN, 'Expect: 100-continue'],
    body: line('expect', 1),
  })
  assert.is(welcome.status, 100)
  assert.match(welcome.text, '"processed":1')
})

test('a bulk load with another method than POST answers 405', async ({ service: { port } }) => {
  const answer = await ask(port, { method: 'PUT', target: LOAD, headers: [TOKEN] })
  assert.is(answer.status, 405)
  assert.is(answer.headers.get('allow'), 'POST')
})

test('the streaming port serves bulk loads, and answers 404 to other operations', async ({
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

test('with progress=true counts are sent during a bulk load, the reply last', async ({
  service: { port },
}) => {
  const loading = openLoad(port, { query: '?progress=true' })
  loading.send(line('progress', 1))
  await loading.untilReceived('"processed":1')
  loading.send(line('progress', 2))
  const answer = await loading.end()
  assert.is(answer.headers.get('content-type'), LINES_TYPE)
  const lines = answer.text.match(/\{"read".*\}/g) ?? []
  assert.ok(lines.some((text) => text === '{"read":1,"processed":1,"unprocessed":0,"failed":0}'))
  assert.equal(JSON.parse(lines.at(-1) ?? ''), {
    ...{ read: 2, processed: 2, unprocessed: 0, failed: 0 },
    last_item: line('progress', 2),
    failed_items: {},
  })
})

test('lines sent before a client disconnects are written and logged', async ({
  service: { port, logText },
}) => {
  const loading = openLoad(port)
  loading.send(line('gone', 1) + line('gone', 2) + line('gone', 3).slice(0, 10))
  while ((await countOf(port, 'gone')) < 2) await turn()
  loading.socket.destroy()
  const logged = /not finished reason: caller_gone progress: (\{.*\})/
  while (!logged.test(logText())) await turn()
  const counts = { read: 2, processed: 2, unprocessed: 0, failed: 0 }
  assert.equal(JSON.parse(logged.exec(logText())?.[1] ?? ''), counts)
  assert.is(JSON.parse((await load(port, line('gone', 4))).body).processed, 1)
})

test('a project with its share of bulk loads gets 503; others load', async ({
  service: { port },
}) => {
  const projects = ['p1', 'p2', 'p3', 'p4']
  const loads = projects.flatMap((project) =>
    Array.from({ length: PROJECT_LOADS_MAX }, () =>
      openLoad(port, { project, query: '?progress=true' }),
    ),
  )
  const own = loads.slice(0, PROJECT_LOADS_MAX)
  for (const each of own) await each.untilReceived('"read":0')
  const refused = await load(port, line('many', 1))
  assert.is(refused.status, 503)
  assert.ok(refused.headers.has('retry-after'))
  assert.is(messageOf(refused), 'Too many requests of one project at once')
  assert.is(loads.length, BULK_LOADS_IN_FLIGHT_MAX)
  for (const each of loads) await each.untilReceived('"read":0')
  const other = { method: 'POST', target: '/v1/data/p5/tables/any/bulk_load', body: '\n' }
  const full = await ask(port, { ...other, headers: ['X-Auth-Token: user:p5'] })
  assert.is(full.status, 503)
  assert.is(messageOf(full), 'Too many requests at once')
  for (const each of own) each.socket.destroy()
  while ((await load(port, line('many', 1))).status !== 200) await turn()
  for (const each of loads) each.socket.destroy()
})

test('two bulk loads into two tables run at once', async ({ service: { port } }) => {
  await createTable(port, 'second')
  const loads = [openLoad(port), openLoad(port, { table: 'second' })]
  for (let i = 0; i < 50; i++) {
    for (const [n, each] of loads.entries()) each.send(line(`both-${n}`, i))
    await turn()
  }
  for (const each of loads) assert.is(JSON.parse(dechunked(await each.end())).processed, 50)
  assert.is(await countOf(port, 'both-0'), 50)
  assert.is(await countOf(port, 'both-1', undefined, 'second'), 50)
  assert.is(await countOf(port, 'both-0', undefined, 'second'), 0)
})

test('a table deleted during a bulk load fails the following lines', async ({
  service: { port },
}) => {
  await createTable(port, 'short-lived')
  const loading = openLoad(port, { table: 'short-lived', query: '?progress=true' })
  loading.send(line('a', 1))
  await loading.untilReceived('"processed":1')
  const target = `${TABLES}/short-lived`
  const deleted = await ask(port, { method: 'DELETE', target, headers: [TOKEN] })
  assert.is(deleted.status, 200)
  loading.send(line('a', 2) + line('a', 3))
  const [last] = (await loading.end()).text.match(/\{"read".*\}(?=\s*0\s*$)/) ?? []
  const { failed_items, ...counts } = JSON.parse(last ?? '')
  assert.equal(counts, {
    ...{ read: 3, processed: 1, unprocessed: 1, failed: 1 },
    last_item: line('a', 2),
  })
  assert.match(failed_items[line('a', 2)], /does not exist|DELETING/)
})

test('a bulk load takes lines of any size and ending, in any chunks', async ({
  service: { port },
}) => {
  const large = longLine('sizes', 2, 409_000)
  const whole = (line('sizes', 1) + large + line('sizes', 3)).trimEnd().replace('\n', '\r\n')
  const bytewise = openLoad(port)
  for (const byte of Buffer.from(line('sizes', 4) + line('sizes', 5))) {
    bytewise.send(Buffer.of(byte))
    await turn()
  }
  bytewise.send(whole)
  const { processed, last_item } = JSON.parse(dechunked(await bytewise.end()))
  assert.equal([processed, last_item], [5, line('sizes', 3).trimEnd()])
  const { body } = await load(port, whole)
  assert.is(JSON.parse(body).processed, 3)
  assert.is(await countOf(port, 'sizes'), 5)
  const tooLarge = longLine('sizes', 6, 410_000)
  assert.equal(failuresOf(await load(port, tooLarge + line('sizes', 7))), [
    [
      tooLarge,
      "ValidationError('Item size has exceeded the maximum allowed size of 409600 bytes',)",
    ],
  ])
})

test('a line of a bulk load that is not UTF-8 fails and is shown', async ({
  service: { port },
}) => {
  const bytes = Buffer.from(`${line('utf-8', 1)}${line('utf-8', 2, '?')}${line('utf-8', 3)}`)
  bytes[bytes.indexOf('?')] = 0xff
  const loading = openLoad(port)
  loading.send(bytes)
  const reply = JSON.parse(dechunked(await loading.end()))
  assert.equal([reply.processed, reply.failed, reply.unprocessed], [1, 1, 1])
  assert.equal(reply.last_item, line('utf-8', 2, '\uFFFD'))
  assert.match(reply.failed_items[reply.last_item], 'UTF-8')
})

test('a bulk load of 50 MB is stored, and the connection stays open', async ({
  service: { port },
}) => {
  const padding = 'x'.repeat(50_000)
  async function* body() {
    for (let i = 0; i < 1_000; i++) {
      // A service that buffers the whole body before it stores anything would wait here for ever.
      if (i === 900) while (!(await isStored(port, 'large', 100))) await delay(10)
      yield `{"h":{"S":"large"},"r":{"N":"${i}"},"padding":{"S":"${padding}"}}\n`
    }
  }
  const headers = { 'X-Auth-Token': 'user:p1' }
  const outgoing = request({ port, method: 'POST', path: LOAD, headers })
  Readable.from(body()).pipe(outgoing)
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of incoming) text += chunk
  assert.is(JSON.parse(text).processed, 1_000)
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
