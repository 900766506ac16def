import * as assert from 'uvu/assert'
import { textLine } from '../../src/telemetry/text-line.ts'
import { test } from '../support/suite.ts'

const TIME = new Date(2026, 10, 1, 2, 3, 4, 5).toISOString()

function line(message: string, fields: object = {}): string {
  const own = { time: TIME, level: 'INFO', process: 4242, name: 'magnetodb.api', message }
  return textLine(JSON.stringify({ ...own, ...fields }))
}

const START = '2026-11-01 02:03:04.005 4242 INFO magnetodb.api'

test("a text line has oslo.log's layout", () => {
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

test('fields are appended, quoted if necessary', () => {
  const fields = { status: 200, path: '/v1', text: 'a b', list: [1], nil: null, empty: '' }
  assert.is(
    line('done', fields),
    `${START} [-] done status: 200 path: /v1 text: "a b" list: [1] nil: null empty: ""\n`,
  )
})

test('control characters are escaped, so no value can forge a line', () => {
  const evil = '\n2026 CRITICAL\r\u001b[2J\u0085'
  const context = { request_id: 'req-1', user_id: evil }
  const text = line(evil, { field: evil, [evil]: 1, context, error: { stack: evil } })
  for (const written of text.trimEnd().split('\n')) assert.ok(written.startsWith(START), written)
  assert.not.match(text.replaceAll('\n', ''), /\p{Cc}/u)
})

test('invisible and direction-changing characters are escaped', () => {
  const invisible = {
    ...{ '\u00a0': '\\xa0', '\u2028': '\\u2028', '\u2029': '\\u2029', '\u202e': '\\u202e' },
    ...{ '\u200b': '\\u200b', '\u2066': '\\u2066', '\ufeff': '\\ufeff', '\u00ad': '\\xad' },
    ...{ '\u3164': '\\u3164', '\u034f': '\\u034f', '\ufe0f': '\\ufe0f', '\u2800': '\\u2800' },
    ...{ '\u3000': '\\u3000', '\u{e0001}': '\\u{e0001}', '\ue000': '\\ue000' },
  }
  for (const [character, escaped] of Object.entries(invisible)) {
    assert.is(line(`a${character}b`), `${START} [-] a${escaped}b\n`)
    assert.match(line('x', { path: `/${character}` }), escaped)
  }
  assert.is(line('é ß 語 😀'), `${START} [-] é ß 語 😀\n`)
})

test('for the journal every line has a priority instead of the time', () => {
  const own = { time: TIME, level: 'ERROR', process: 4242, name: 'magnetodb.api', message: 'no' }
  assert.is(
    textLine(JSON.stringify({ ...own, error: { stack: 'one\ntwo' } }), true),
    ['no', 'one', 'two'].map((text) => `<3>4242 ERROR magnetodb.api [-] ${text}\n`).join(''),
  )
})

test("an error's lines all begin with the same prefix", () => {
  const error = { type: 'Error', message: 'outer', stack: 'Error: outer\n    at somewhere' }
  assert.is(
    line('failed', { error }),
    `${START} [-] failed\n${START} [-] Error: outer\n${START} [-]     at somewhere\n`,
  )
  assert.is(line('failed', { error: 'text' }), `${START} [-] failed\n${START} [-] text\n`)
})

test.run()
