import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textLine } from '../../src/telemetry/text-line.ts'

const TIME = new Date(2026, 10, 1, 2, 3, 4, 5).toISOString()

function line(message: string, fields: object = {}): string {
  const own = { time: TIME, level: 'INFO', process: 4242, name: 'magnetodb.api', message }
  return textLine(JSON.stringify({ ...own, ...fields }))
}

const START = '2026-11-01 02:03:04.005 4242 INFO magnetodb.api'

test('lays a line out as oslo.log does', () => {
  assert.is(line('ready'), `${START} [-] ready\n`)
  const context = {
    request_id: 'req-1',
    global_request_id: 'req-0',
    user_id: 'u',
    project_id: 'p',
  }
  assert.is(line('done', { context }), `${START} [req-0 req-1 u p] done\n`)
  assert.is(line('done', { context: { request_id: 'req-1' } }), `${START} [- req-1 - -] done\n`)
})

test('appends fields, quoted where they need it', () => {
  const fields = { status: 200, path: '/v1', text: 'a b', list: [1], nil: null, empty: '' }
  assert.is(
    line('done', fields),
    `${START} [-] done status: 200 path: /v1 text: "a b" list: [1] nil: null empty: ""\n`,
  )
})

test('escapes control characters, so that no value forges a line', () => {
  const evil = '\n2026 CRITICAL\r\u001b[2J\u0085'
  const context = { request_id: 'req-1', user_id: evil }
  const text = line(evil, { field: evil, [evil]: 1, context, error: { stack: evil } })
  for (const written of text.trimEnd().split('\n')) assert.ok(written.startsWith(START), written)
  assert.not.match(text.replaceAll('\n', ''), /\p{Cc}/u)
})

test('writes an error on lines of the same beginning', () => {
  const error = { type: 'Error', message: 'outer', stack: 'Error: outer\n    at somewhere' }
  assert.is(
    line('failed', { error }),
    `${START} [-] failed\n${START} [-] Error: outer\n${START} [-]     at somewhere\n`,
  )
  assert.is(line('failed', { error: 'text' }), `${START} [-] failed\n${START} [-] text\n`)
})

test.run()
