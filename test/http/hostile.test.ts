import * as assert from 'uvu/assert'
import {
  type InProcessService,
  startService,
  THREAD_TABLE,
  TOKEN,
} from '../support/in-process-service.ts'
import { ask, messageOf, type RawAnswer, requestText, sendRaw } from '../support/raw-http.ts'
import { suite } from '../support/suite.ts'

/** Requests as an attacker may send them, and the answer to each. */
const test = suite<{ service: InProcessService }>('hostile requests')

const TABLES = '/v1/data/p1/tables'
const PUT = `${TABLES}/thread/put_item`
const LINES = `Host: localhost\r\n${TOKEN}\r\nConnection: close\r\n`

test.before(async (context) => {
  context.service = await startService()
  const { port } = context.service
  const created = await ask(port, {
    method: 'POST',
    target: TABLES,
    headers: [TOKEN],
    body: THREAD_TABLE,
  })
  assert.is(created.status, 200)
})

test.after(async ({ service }) => {
  await service.close()
})

test('a request with an ambiguous end answers 400 and closes the connection', async ({
  service: { port },
}) => {
  const framings = [
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
    'Content-Length: 4\r\nContent-Length: 5\r\n\r\n{}  ',
    'Content-Length: 4, 4\r\n\r\n{}  ',
    'Content-Length: +4\r\n\r\n{}  ',
    'Content-Length: -4\r\n\r\n{}  ',
    'Content-Length: 0x4\r\n\r\n{}  ',
    'Content-Length: 4 4\r\n\r\n{}  ',
    'Content-Length: 99999999999999999999\r\n\r\n{}',
    'Content-Length : 4\r\n\r\n{}  ',
    'Content-Length:\r\n 4\r\n\r\n{}  ',
    'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n2;a\nb\r\n{}\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 3\r\n\r\n',
    'Transfer-Encoding: chunked\n\n0\r\n\r\n',
    'X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n',
    'X-A: \0\r\nContent-Length: 0\r\n\r\n',
    'X-\xe9: a\r\nContent-Length: 0\r\n\r\n',
    ': a\r\nContent-Length: 0\r\n\r\n',
  ]
  const smuggled = requestText(port, { target: '/healthcheck' })
  for (const framing of framings) {
    const text = `POST ${PUT} HTTP/1.1\r\n${LINES}${framing}${smuggled}`
    const answer = await sendRaw(port, Buffer.from(text, 'latin1'))
    assert.is(answer.status, 400, JSON.stringify(framing))
    assert.is(answersIn(answer), 1, JSON.stringify(framing))
  }
})

test('an invalid request line answers 400, 405, 501 or 505', async ({ service: { port } }) => {
  const statuses: readonly (readonly [string, number])[] = [
    [`BREW ${TABLES} HTTP/1.1`, 501],
    [`get ${TABLES} HTTP/1.1`, 501],
    [`GET ${TABLES} HTTP/9.9`, 505],
    [`GET  HTTP/1.1`, 400],
    [`GET ${TABLES}\0 HTTP/1.1`, 400],
    [`GET ${TABLES}/\xe9 HTTP/1.1`, 400],
    [`GET ${TABLES} x HTTP/1.1`, 400],
    [`TRACE ${TABLES} HTTP/1.1`, 405],
    [`TRACE / HTTP/1.1`, 405],
    [`PUT ${TABLES} HTTP/1.1`, 405],
    [`PROPFIND ${TABLES} HTTP/1.1`, 405],
  ]
  for (const [line, status] of statuses) {
    const answer = await sendRaw(port, Buffer.from(`${line}\r\n${LINES}\r\n`, 'latin1'))
    assert.is(answer.status, status, line)
    assert.not.match(answer.text, /user:p1/, 'no header comes back')
  }
  const connected = await sendRaw(port, `CONNECT evil.example:80 HTTP/1.1\r\n${LINES}\r\n`)
  assert.is(connected.status, 501)
  for (const target of ['/', '/v1', '/healthcheck', '/nothing']) {
    const noHost = await sendRaw(port, `GET ${target} HTTP/1.1\r\nConnection: close\r\n\r\n`)
    assert.is(noHost.status, 400, target)
    const twoHosts = await sendRaw(port, `GET ${target} HTTP/1.1\r\nHost: a\r\n${LINES}\r\n`)
    assert.is(twoHosts.status, 400, target)
  }
})

test('a request with Upgrade is answered as one without', async ({ service: { port } }) => {
  for (const protocol of ['h2c', 'websocket', 'TLS/1.0']) {
    const headers = [
      TOKEN,
      `Upgrade: ${protocol}`,
      'Connection: Upgrade, HTTP2-Settings, close',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ]
    const text = requestText(port, { target: TABLES, headers })
    assert.is((await sendRaw(port, text)).status, 200, protocol)
  }
  const preface = await sendRaw(port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  assert.is(preface.status, 505)
})

test('an absolute target sets the host of links and not the project', async ({
  service: { port },
}) => {
  const links = async (target: string, headers: readonly string[]) => {
    const answer = await ask(port, { target, headers })
    assert.is(answer.status, 200, target)
    return answer.body
  }
  assert.match(await links('http://other.example/', ['Host: evil.example']), /other\.example/)
  const inTarget = await ask(port, { target: `http://evil.example${TABLES}`, headers: [TOKEN] })
  assert.is(inTarget.status, 403, 'without authentication only a loopback name is served')
  const headers = [TOKEN, 'X-Forwarded-Host: evil.example', 'Forwarded: host=evil.example']
  assert.not.match(await links(`${TABLES}/thread`, headers), /evil/)
})

test('too many header lines answer 431', async ({ service: { port } }) => {
  const status = async (headers: readonly string[]) =>
    (await ask(port, { target: TABLES, headers: [...headers, TOKEN] })).status
  assert.is(await status([`X-A: ${'a'.repeat(17_000)}`]), 431)
  assert.is(await status(Array.from({ length: 2_900 }, (_, i) => `X-${i}: a`)), 431)
  assert.is(await status(Array.from({ length: 90 }, (_, i) => `X-${i}: a`)), 200)
  assert.is(await status(Array.from({ length: 110 }, (_, i) => `X-${i}: a`)), 431)
  const long = await ask(port, { target: `${TABLES}/${'a'.repeat(17_000)}`, headers: [TOKEN] })
  assert.is(long.status, 414)
})

test('an Expect other than 100-continue answers 417', async ({ service: { port } }) => {
  const target = PUT
  const headers = [TOKEN, 'Expect: 999-miracle', 'Content-Length: 2']
  const answer = await ask(port, { method: 'POST', target, headers })
  assert.is(answer.status, 417)
  assert.not.match(answer.text, /100 Continue/)
})

test('a body with Content-Encoding answers 415, whatever it holds', async ({
  service: { port },
}) => {
  for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip', 'identity, gzip', 'x']) {
    const headers = [TOKEN, `Content-Encoding: ${encoding}`]
    const answer = await ask(port, { method: 'POST', target: PUT, headers, body: '{}' })
    assert.is(answer.status, 415, encoding)
  }
})

test('a chunked body has the same limit, and trailers are ignored', async ({
  service: { port },
}) => {
  const head = `POST ${PUT} HTTP/1.1\r\n${LINES}Transfer-Encoding: chunked\r\n`
  const body = '{"item":{"forum":{"S":"chunked"}}}'
  const chunk = `${body.length.toString(16)};name=value\r\n${body}\r\n0\r\n`
  const trailers = 'X-Auth-Token: user:p2\r\nContent-Encoding: gzip\r\n\r\n'
  const answer = await sendRaw(port, `${head}Trailer: X-Auth-Token\r\n\r\n${chunk}${trailers}`)
  assert.is(answer.status, 200)
  const one = '1\r\n \r\n'.repeat(1_000)
  const small = await sendRaw(port, `${head}\r\n${one}${chunk}\r\n`)
  assert.is(small.status, 200)
  const large = Buffer.alloc(1024 * 1024, ' ')
  const parts = Array.from({ length: 5 }, () => ['100000\r\n', large, '\r\n']).flat()
  const refused = await sendRaw(port, `${head}\r\n`, ...parts, '0\r\n\r\n')
  assert.is(refused.status, 413)
})

test('a body that is not JSON in valid UTF-8 answers 400 with a reason', async ({
  service: { port },
}) => {
  const valid = '{"item":{"forum":{"S":"x"}}}'
  const name = (text: string) => `{"item":{"forum":{"S":"x"},"${text}":{"S":"x"}}}`
  const value = (text: string) => `{"item":{"forum":{"S":"x"},"a":${text}}}`
  const bodies: readonly (readonly [string | Buffer, RegExp])[] = [
    ['', /empty/],
    ['null', /'body'/],
    ['NaN', /not valid JSON/],
    [`${valid} x`, /not valid JSON/],
    [`\ufeff${valid}`, /not valid JSON: Unexpected token '\\ufeff'/],
    [`\u200b${valid}`, /not valid JSON: Unexpected token '\\u200b'/],
    [`\xa0${valid}`, /not valid JSON: Unexpected token '\\xa0'/],
    [Buffer.from(valid, 'utf16le'), /not valid JSON/],
    [Buffer.from(`\ufeff${valid}`, 'utf16le'), /UTF-8/],
    [Buffer.from(value('{"S":"\xff"}'), 'latin1'), /UTF-8/],
    [Buffer.from(value('{"S":"\xc0\xaf"}'), 'latin1'), /UTF-8/],
    [Buffer.from(value('{"S":"\xed\xa0\x80"}'), 'latin1'), /UTF-8/],
    [Buffer.from(value('{"S":"\xf4\x90\x80\x80"}'), 'latin1'), /UTF-8/],
    [value('{"S":"\\ud800"}'), /surrogate/],
    [value('{"S":"\\udc00\\ud800"}'), /surrogate/],
    [name('\\ud800'), /surrogate/],
    ['['.repeat(1_000_000), /nests deeper/],
    ['{"a":'.repeat(500_000), /nests deeper/],
    [value(`${'{"L":['.repeat(33)}${']}'.repeat(33)}`), /deeper than 32 levels/],
    [`{"item":[${'[],'.repeat(1_000_000)}[]]}`, /450000 names and values/],
    ['{"item":{},"item":{}}', /twice/],
    [value('{"S":"a","S":"b"}'), /twice/],
    [value('{"M":{"a":{"S":""},"\\u0061":{"S":""}}}'), /twice/],
    [value('{"N":"1e400"}'), /magnitude/],
    [value('{"N":1e400}'), /Can't recognize/],
    [value(`{"N":"${'9'.repeat(39)}"}`), /38 significant/],
    [value(`{"N":${'9'.repeat(1_000_000)}}`), /at most 512 characters/],
    [value('{"N":"0x10"}'), /not a decimal/],
    [value('{"N":"Infinity"}'), /not a decimal/],
    [value('{"N":"١"}'), /not a decimal/],
    [value('{"B":"a"}'), /Can't recognize/],
    [value('{"__proto__":"a"}'), /not recognized/],
    [value('{"constructor":{}}'), /not recognized/],
    [name('"; DROP TABLE x; --'.replace('"', '\\"')), /Wrong attribute name/],
    [name('\\u0000'), /Wrong attribute name/],
    [name('e\u0301'), /Wrong attribute name/],
    [name('\u202eabc'), /Wrong attribute name '\\u202eabc' found/],
    [name('a'.repeat(65_536)), /Wrong attribute name/],
    [name(''), /Wrong attribute name/],
    ['{"item":{"forum":{"S":"x"}},"__proto__":{"expected":{}}}', /Unexpected properties/],
    [value(`{"S":"${'x'.repeat(410_000)}"}`), /maximum allowed size/],
  ]
  for (const [body, reason] of bodies) {
    const bytes = Buffer.from(body)
    const head = `POST ${PUT} HTTP/1.1\r\n${LINES}Content-Length: ${bytes.length}\r\n\r\n`
    const answer = await sendRaw(port, head, bytes)
    const shown = body.toString().slice(0, 60)
    assert.is(answer.status, 400, shown)
    assert.match(messageOf(answer), reason, shown)
    assert.ok(messageOf(answer).length < 1_300, 'what was sent comes back shortened')
  }
})

test('a path with an unfilled placeholder answers 400 and names it', async ({
  service: { port },
}) => {
  for (const path of [`${TABLES}/%s`, `${TABLES}/%s/query`, '/v1/data/%s', '/v1/data/p1/%d']) {
    const answer = await ask(port, { target: path, headers: [TOKEN] })
    assert.is(answer.status, 400, path)
    assert.match(
      messageOf(answer),
      /^The path holds '%[sd]' where a name should be: the client did/,
    )
  }
  const other = await ask(port, { target: `${TABLES}/a%2Fb`, headers: [TOKEN] })
  assert.is(messageOf(other), 'The path holds characters that no name may have')
})

test("names from Object's prototype are ordinary names", async ({ service: { port } }) => {
  const call = (method: string, target: string, body = '') =>
    ask(port, { method, target, headers: [TOKEN], body })
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    const table = THREAD_TABLE.replaceAll('"thread"', `"${name}"`).replaceAll(
      '"forum"',
      `"${name}"`,
    )
    assert.is((await call('POST', TABLES, table)).status, 200, name)
    const item = `{"${name}":{"S":"k"},"x${name}":{"SSM":{"${name}":"v"}}}`
    const target = `${TABLES}/${name}`
    assert.is((await call('POST', `${target}/put_item`, `{"item":${item}}`)).status, 200, name)
    const key = `{"key":{"${name}":{"S":"k"}}}`
    const got = await call('POST', `${target}/get_item`, key)
    assert.is(got.body, `{"item":${item}}`)
    assert.is((await call('DELETE', target)).status, 200, name)
  }
  assert.is((await call('GET', `${TABLES}/__defineGetter__`)).status, 404)
})

test('values keep every code point', async ({ service: { port } }) => {
  const texts = ['e\u0301', '\u00e9', '\u202eabc', '\u200b', '👩‍👩‍👧', '\u0000', '\ufffd', '\ufeff']
  for (const text of texts) {
    const item = JSON.stringify({ forum: { S: 'text' }, t: { S: text } })
    const put = { method: 'POST', headers: [TOKEN] }
    await ask(port, { ...put, target: PUT, body: `{"item":${item}}` })
    const body = '{"key":{"forum":{"S":"text"}}}'
    const got = await ask(port, { ...put, target: `${TABLES}/thread/get_item`, body })
    assert.is(JSON.parse(got.body).item.t.S, text)
  }
})

function answersIn({ text }: RawAnswer): number {
  return text.split('HTTP/1.1 ').length - 1
}

test.run()
