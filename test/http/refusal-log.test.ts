import * as assert from 'uvu/assert'
import { RefusalLog } from '../../src/http/refusal-log.ts'
import { test } from '../support/suite.ts'

const REQUEST = {
  logContext: { requestId: 'req-1' },
  method: 'GET',
  target: '/v1/data/p1/tables?limit=1',
  address: '127.0.0.1',
}

/** Records each line as its level, status and message. */
function recordedLog() {
  const lines: string[] = []
  const at = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${JSON.stringify('status' in fields ? fields.status : fields)} ${message}`)
  }
  const levels = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  return { lines, log: { isDebugEnabled: false, ...levels } }
}

test('a flood of 503 refusals does not hide the line of a storage failure', () => {
  const { lines, log } = recordedLog()
  const refusals = new RefusalLog(log)
  for (let i = 0; i < 100; i++) refusals.add(REQUEST, 503, { level: 'info', message: 'refused' })
  for (let i = 0; i < 100; i++) refusals.add(REQUEST, 503, { level: 'warn', message: 'no storage' })
  refusals.close()
  const expected = [
    ...Array(20).fill('info 503 refused'),
    ...Array(20).fill('warn 503 no storage'),
    'info {"503":80,"503_warn":80} more requests were refused',
  ]
  assert.equal(lines, expected)
})

test.run()
