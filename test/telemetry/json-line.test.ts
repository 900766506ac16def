import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jsonLine } from '../../src/telemetry/json-line.ts'

const RECORD = { timeMs: 0, level: 'WARNING', name: 'magnetodb.api', message: 'a\nb' }

test('writes one object on one line', () => {
  const context = { requestId: 'req-1', userId: 'u', projectId: 'p' }
  const line = jsonLine({ ...RECORD, fields: { context, status: 200, password: 'hunter2' } })
  assert.is(line.indexOf('\n'), line.length - 1)
  assert.equal(JSON.parse(line), {
    time: '1970-01-01T00:00:00.000Z',
    process: process.pid,
    level: 'WARNING',
    name: 'magnetodb.api',
    message: 'a\nb',
    request_id: 'req-1',
    user_id: 'u',
    project_id: 'p',
    status: 200,
    password: '[redacted]',
  })
})

test('describes errors', () => {
  const line = jsonLine({ ...RECORD, fields: { error: new RangeError('far') } })
  assert.is(JSON.parse(line).error.type, 'RangeError')
  assert.match(JSON.parse(line).error.stack, 'json-line.test')
})

test.run()
