import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { LogFields } from '../../src/telemetry/log-record.ts'
import { textLine } from '../../src/telemetry/text-line.ts'

const TIME = new Date(2026, 10, 1, 2, 3, 4, 5).getTime()

function line(message: string, fields: LogFields = {}): string {
  return textLine({ timeMs: TIME, level: 'INFO', name: 'magnetodb.api', message, fields })
}

const START = `2026-11-01 02:03:04.005 ${process.pid} INFO magnetodb.api`

test('lays a line out as oslo.log does', () => {
  assert.is(line('ready'), `${START} [-] ready\n`)
  const context = { requestId: 'req-1', globalRequestId: 'req-0', userId: 'u', projectId: 'p' }
  assert.is(line('done', { context }), `${START} [req-0 req-1 u p] done\n`)
  assert.is(line('done', { context: { requestId: 'req-1' } }), `${START} [- req-1 - -] done\n`)
})

test('appends fields, quoted where they need it', () => {
  const fields = { status: 200, path: '/v1', text: 'a b', list: [1], none: undefined, nil: null }
  assert.is(
    line('done', fields),
    `${START} [-] done status=200 path=/v1 text="a b" list=[1] none=undefined nil=null\n`,
  )
})

test('changes the seconds with the time', () => {
  const other = textLine({ timeMs: TIME + 1995, level: 'INFO', name: 'a', message: '', fields: {} })
  assert.match(other, /^2026-11-01 02:03:06\.000 /)
  assert.match(line(''), /^2026-11-01 02:03:04\.005 /)
})

test('escapes control characters, so that no value forges a line', () => {
  const evil = '\n2026 CRITICAL\r\u001b[2J\u0085'
  const context = { requestId: 'req-1', userId: evil }
  const text = line(evil, { field: evil, context, error: new Error(evil) })
  for (const written of text.trimEnd().split('\n')) assert.ok(written.startsWith(START), written)
  assert.not.match(text.replaceAll('\n', ''), /\p{Cc}/u)
})

test('writes stack and causes on lines of the same beginning', () => {
  const error = new Error('outer', { cause: new Error('inner') })
  const lines = line('failed', { error }).trimEnd().split('\n')
  assert.is(lines[0], `${START} [-] failed`)
  assert.is(lines[1], `${START} [-] Error: outer`)
  assert.ok(lines.includes(`${START} [-] caused by: Error: inner`))
  assert.ok(lines.every((each) => each.startsWith(`${START} [-] `)))
  assert.is(line('failed', { error: 'text' }), `${START} [-] failed\n${START} [-] text\n`)
})

test('never writes a secret', () => {
  assert.not.match(line('login', { password: 'hunter2', sub: { token: 'hunter2' } }), 'hunter2')
})

test.run()
