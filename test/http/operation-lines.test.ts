import { setTimeout } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import {
  type InProcessService,
  startService,
  THREAD_TABLE,
  TOKEN,
} from '../support/in-process-service.ts'
import { ask, type RawRequest } from '../support/raw-http.ts'
import { test } from '../support/suite.ts'

const SECONDS_MAX = 30

let service: InProcessService
test.before(async () => {
  service = await startService('log_operations = true\n')
})
test.after(() => service.close())

/** The operation's log line after the name of the logger, with microseconds as 0. */
async function lineOf(request: RawRequest): Promise<string> {
  const answer = await ask(service.port, request)
  const id = answer.headers.get('x-openstack-request-id') ?? 'none'
  const deadline = performance.now() + SECONDS_MAX * 1_000
  for (;;) {
    const lines = service.logText().split('\n')
    const line = lines.find((each) => each.includes('magnetodb.operation') && each.includes(id))
    if (line) return line.replace(/.* p1\] /, '').replace(/microseconds: \d+/, 'microseconds: 0')
    assert.ok(performance.now() < deadline, service.logText())
    await setTimeout(10)
  }
}

const post = (path: string, body: string): RawRequest => ({
  ...{ method: 'POST', target: `/v1/data/p1/${path}`, headers: [TOKEN], body },
})

test('an operation logs one line with table, status, bytes and wire', async () => {
  assert.match(
    await lineOf(post('tables', THREAD_TABLE)),
    new RegExp(
      '^create_table table: thread status: 200 outcome: ok microseconds: 0 requests: \\d+ ' +
        `depth: \\d+ bytesIn: ${THREAD_TABLE.length} bytesOut: \\d+ wire: magnetodb$`,
    ),
  )
  const item = '{"item": {"forum": {"S": "stars"}}}'
  assert.is(
    await lineOf(post('tables/thread/put_item', item)),
    'put_item table: thread status: 200 outcome: ok microseconds: 0 requests: 2 depth: 2 ' +
      `bytesIn: ${item.length} bytesOut: 2 wire: magnetodb`,
  )
})

test('a failed operation logs the status of its answer', async () => {
  const line = await lineOf({ target: '/v1/data/p1/tables/none', headers: [TOKEN] })
  assert.match(line, /^describe_table table: none status: 404 outcome: table_not_found /)
  const refused = await lineOf({
    ...post('tables/thread/scan', '{}'),
    headers: ['X-Auth-Token: user:p1:guest'],
  })
  assert.match(refused, /^scan status: 403 outcome: forbidden .* bytesIn: 0 /)
})

test('a batch logs its tables, and a bulk load its bytes', async () => {
  const batch = '{"request_items": {"thread": {"keys": [{"forum": {"S": "stars"}}]}}}'
  assert.match(
    await lineOf(post('batch_get_item', batch)),
    /^batch_get_item table: thread status: 200/,
  )
  const load = '{"forum":{"S":"a"}}\n{"forum":{"S":"b"}}\n'
  const line = await lineOf(post('tables/thread/bulk_load', load))
  assert.match(line, /^bulk_load table: thread status: 200 outcome: ok /)
  assert.match(line, ` bytesIn: ${load.length} `)
})

test.run()
