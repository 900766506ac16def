import { TOKEN } from '../running-service.ts'

export interface Row {
  readonly section: string
  readonly what: string
  readonly sent: string
  readonly statuses: readonly number[]
  /** In the first answer that is final. */
  readonly head?: RegExp
  readonly headless?: RegExp
}

export const NEXT = 'GET /healthcheck HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n'
export const TABLES = '/v1/data/p1/tables'
const ITEM = '{"item":{"forum":{"S":"x"}}}'
const CHUNKED_ITEM = `${ITEM.length.toString(16)}\r\n${ITEM}\r\n0\r\n\r\n`
export const GO_ON = [200, 200]
export const rows: Row[] = []

type More = Pick<Row, 'head' | 'headless'>

function row(
  section: string,
  what: string,
  sent: string,
  statuses: readonly number[],
  more?: More,
) {
  rows.push({ section, what, sent, statuses, ...more })
}

/** A request without a body. */
export function get(line: string, ...headers: readonly string[]): string {
  return `${[line, ...headers].join('\r\n')}\r\n\r\n`
}

/** GET /healthcheck in HTTP/1.1 with a Host. */
function check(...headers: readonly string[]): string {
  return get('GET /healthcheck HTTP/1.1', 'Host: localhost', ...headers)
}

/** A PutItem. */
function put(headers: readonly string[], body: string, version = 'HTTP/1.1'): string {
  const line = `POST ${TABLES}/thread/put_item ${version}`
  return get(line, 'Host: localhost', TOKEN, ...headers) + body
}

const LENGTH = `Content-Length: ${ITEM.length}`
const CHUNKED = 'Transfer-Encoding: chunked'

row('9112 2.2', 'an empty line before the request is skipped', `\r\n${check()}`, GO_ON)
row(
  '9112 2.2',
  'white space before the first header line',
  get('GET / HTTP/1.1', ' Host: a'),
  [400],
)
row('9112 2.2', 'a carriage return alone', check('X-A: a\rb'), [400])
row('9112 2.2', 'another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', [400])
row('9112 2.2', 'a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400])
row('9112 2.3', 'lower case in the version', get('GET / http/1.1', 'Host: a'), [400])
row('9112 2.3', 'no version', 'GET /healthcheck\r\n\r\n', [505])
row('9112 2.3', 'two digits in the version', get('GET / HTTP/01.1', 'Host: a'), [400])
row('9112 3', 'two blanks in the request line', get('GET  / HTTP/1.1', 'Host: a'), GO_ON)
row('9112 3', 'a blank in the target', get('GET /a b HTTP/1.1', 'Host: a'), [400])
row(
  '9112 3',
  'a target of 7,900 bytes',
  get(`GET /${'a'.repeat(7_899)} HTTP/1.1`, 'Host: a'),
  [404, 200],
)
row('9112 3', 'too long a target', get(`GET /${'a'.repeat(17_000)} HTTP/1.1`, 'Host: a'), [414])
row('9112 3.1', 'a method in lower case', get('get / HTTP/1.1', 'Host: a'), [501])
row('9112 3.1', 'a method that is no token', get('G(T / HTTP/1.1', 'Host: a'), [400])

for (const host of [
  'localhost',
  'LOCALHOST:',
  'a_b.example:8480',
  '127.0.0.1:1',
  '[::1]:8480',
  '%61',
  '',
]) {
  row('9112 3.2', `Host: ${host}`, get('GET /healthcheck HTTP/1.1', `Host: ${host}`), GO_ON)
}
for (const host of ['a b', 'user@a', 'a:b', '[::1', 'a/b', 'a"', 'a\\b', 'a?b', '\xe9', 'a:1:2']) {
  row('9112 3.2', `Host: ${host}`, get('GET /healthcheck HTTP/1.1', `Host: ${host}`), [400, 200])
}
row('9112 3.2', 'no Host', get('GET /healthcheck HTTP/1.1'), [400, 200])
row('9112 3.2', 'no Host on a data path', get(`GET ${TABLES} HTTP/1.1`, TOKEN), [400, 200])
row('9112 3.2', 'two Hosts', get('GET /healthcheck HTTP/1.1', 'Host: a', 'Host: a'), [400, 200])
row('9112 3.2', 'two Hosts, OPTIONS *', get('OPTIONS * HTTP/1.1', 'Host: a', 'Host: a'), [400, 200])
row('9112 3.2', 'no Host in HTTP/1.0', get('GET /healthcheck HTTP/1.0'), [200])
row('9112 3.2', 'no Host in HTTP/1.0, a page with links', get('GET / HTTP/1.0'), [200])
row('9112 3.2', 'no Host in HTTP/1.0, data', get(`GET ${TABLES} HTTP/1.0`, TOKEN), [200])
row('9112 3.2', 'a wrong Host in HTTP/1.0', get('GET /healthcheck HTTP/1.0', 'Host: a b'), [400])
row('9112 3.2.1', 'a query', get('GET /healthcheck?a=b?/c HTTP/1.1', 'Host: a'), GO_ON)
row('9112 3.2.1', 'a fragment', get('GET /healthcheck#a HTTP/1.1', 'Host: a'), [400, 200])
row('9112 3.2.1', 'no slash', get('GET healthcheck HTTP/1.1', 'Host: a'), [400])

const absolute = (target: string, host: string) =>
  get(`GET ${target} HTTP/1.1`, `Host: ${host}`, TOKEN)
row('9112 3.2.2', 'absolute form', absolute('http://a/healthcheck', 'a'), GO_ON)
row('9112 3.2.2', 'absolute form without a path', absolute('http://a', 'a'), GO_ON)
row('9112 3.2.2', 'absolute form with a query only', absolute('http://a?b', 'a'), GO_ON)
row('9112 3.2.2', 'its authority is the host', absolute(`http://localhost${TABLES}`, 'evil'), GO_ON)
row('9112 3.2.2', 'and not the Host', absolute(`http://evil${TABLES}`, 'localhost'), [403, 200])
row('9112 3.2.2', 'without a host', absolute('http:///healthcheck', 'a'), [400, 200])
row('9112 3.2.2', 'with half a bracket', absolute('http://[::1/healthcheck', 'a'), [400, 200])
row('9112 3.2.3', 'authority form', absolute('a:80', 'a'), [400])
row('9112 3.2.3', 'CONNECT', get('CONNECT a:80 HTTP/1.1', 'Host: a:80'), [501])
row('9112 3.2.4', 'OPTIONS *', get('OPTIONS * HTTP/1.1', 'Host: a'), [204, 200])
row('9112 3.2.4', 'OPTIONS * in HTTP/1.0', get('OPTIONS * HTTP/1.0'), [204])
row('9112 3.2.4', 'GET *', get('GET * HTTP/1.1', 'Host: a'), [400, 200])
row('9112 5.1', 'a blank before the colon', check('X-A : b'), [400])
row('9112 5.1', 'no name', check(': b'), [400])
row('9112 5.1', 'white space around a value', check('X-A: \t b \t'), GO_ON)
row('9112 5.2', 'a folded line', check('X-A: b\r\n c'), [400])

row('9112 6.1', 'chunked', put([CHUNKED], CHUNKED_ITEM), GO_ON)
row('9112 6.1', 'CHUNKED', put(['transfer-encoding: CHUNKED'], CHUNKED_ITEM), GO_ON)
row('9112 6.1', 'in HTTP/1.0', put([CHUNKED], CHUNKED_ITEM, 'HTTP/1.0'), [400])
row(
  '9112 6.1',
  'and kept alive',
  put([CHUNKED, 'Connection: keep-alive'], CHUNKED_ITEM, 'HTTP/1.0'),
  [400],
)
row(
  '9112 6.1',
  'another coding before it',
  put(['Transfer-Encoding: gzip, chunked'], CHUNKED_ITEM),
  [501],
)
row('9112 6.1', 'in two lines', put(['Transfer-Encoding: gzip', CHUNKED], CHUNKED_ITEM), [501])
row('9112 6.1', 'another coding alone', put(['Transfer-Encoding: gzip'], ITEM), [400])
row(
  '9112 6.1',
  'chunked not the last',
  put(['Transfer-Encoding: chunked, gzip'], CHUNKED_ITEM),
  [400],
)
row('9112 6.1', 'a length as well', put([CHUNKED, LENGTH], CHUNKED_ITEM), [400])
row('9112 6.2', 'two lengths', put([LENGTH, 'Content-Length: 1'], ITEM), [400])
row('9112 6.2', 'a length that is no number', put(['Content-Length: 1a'], ITEM), [400])
row('9112 6.3', 'no length, no body', put([], ''), [400, 200])
row('9112 6.3', 'a body of a GET', `${check('Content-Length: 4')}GET `, GO_ON)
row(
  '9112 7.1',
  'zeros and capitals',
  put([CHUNKED], `00${ITEM.length.toString(16).toUpperCase()}\r\n${ITEM}\r\n000\r\n\r\n`),
  GO_ON,
)
row('9112 7.1', 'no size', put([CHUNKED], `\r\n${ITEM}\r\n0\r\n\r\n`), [400])
row('9112 7.1', 'a chunk longer than its size', put([CHUNKED], `1\r\n${ITEM}\r\n0\r\n\r\n`), [400])
row(
  '9112 7.1.1',
  'extensions',
  put([CHUNKED], CHUNKED_ITEM.replace('\r\n', ';a=b;c="d"\r\n')),
  GO_ON,
)
row(
  '9112 7.1.2',
  'trailers',
  put([CHUNKED, 'Trailer: X-A'], CHUNKED_ITEM.replace(/\r\n$/, 'X-A: b\r\n\r\n')),
  GO_ON,
)
row(
  '9112 7.1.2',
  'a length as trailer',
  put([CHUNKED], CHUNKED_ITEM.replace(/\r\n$/, 'Content-Length: 2\r\n\r\n')),
  [400],
)
row('9112 7.4', 'TE', check('TE: trailers, deflate;q=0.5', 'Connection: TE'), GO_ON)

row('9112 9.3', 'kept alive', check(), GO_ON)
row('9112 9.3', 'close', check('Connection: close'), [200], { head: /^Connection: close$/m })
row('9112 9.3', 'CLOSE among others', check('Connection: x, CLOSE'), [200], {
  head: /^Connection: close$/m,
})
row('9112 9.3', 'close counts for more', check('Connection: keep-alive, close'), [200])
row('9112 9.3', 'HTTP/1.0', get('GET /healthcheck HTTP/1.0', 'Host: a'), [200], {
  head: /^Connection: close$/m,
})
row(
  '9112 9.3',
  'HTTP/1.0, kept alive',
  get('GET /healthcheck HTTP/1.0', 'Connection: Keep-Alive'),
  GO_ON,
  { head: /^Connection: keep-alive$/m },
)
row(
  '9112 9.3.2',
  'pipelined',
  check() + get('HEAD /healthcheck HTTP/1.1', 'Host: a') + put([LENGTH], ITEM),
  [200, 204, 200, 200],
)
row(
  '9112 9.3.2',
  'something wrong behind others',
  `${put([LENGTH], ITEM) + check()}rubbish\r\n\r\n`,
  [200, 200, 400],
)
row(
  '9112 9.6',
  'nothing is read behind close',
  put([LENGTH, 'Connection: close'], ITEM) + put([LENGTH], ITEM),
  [200],
)

row('9110 2.5', 'a later version', get('GET / HTTP/1.2', 'Host: a'), [505])
row('9110 2.5', 'HTTP/2.0', get('GET / HTTP/2.0', 'Host: a'), [505])
row('9110 4.2.4', 'a user in the target', absolute('http://u:p@a/healthcheck', 'a'), [400, 200])
row('9110 4.2.2', 'https, before a proxy', absolute('https://a/healthcheck', 'a'), GO_ON)
row('9110 4.2.3', 'a scheme in capitals', absolute('HTTP://A/healthcheck', 'a'), GO_ON)
row('9110 7.4', 'another scheme', absolute('ftp://a/healthcheck', 'a'), [400, 200])
row('9110 5.5', 'NUL in a value', check('X-A: \0'), [400])
row('9110 5.5', 'bytes above ASCII in a value', check('X-A: \xe9\xff'), GO_ON)
row(
  '9110 5.4',
  'too many header lines',
  check(...Array.from({ length: 110 }, (_, i) => `X-${i}: a`)),
  [431],
)
row('9110 5.4', 'too long header lines', check(`X-A: ${'a'.repeat(17_000)}`), [431])
row('9110 6.6.1', 'every answer has a date', check(), GO_ON, { head: /^Date: \w{3}, .* GMT$/m })
row('9110 6.6.1', 'one to no request as well', 'rubbish\r\n\r\n', [400], {
  head: /^Date: \w{3}, .* GMT$/m,
})
row(
  '9110 7.6.1',
  'options of the connection',
  check('Connection: x-a, keep-alive', 'X-A: b', 'Keep-Alive: timeout=5'),
  GO_ON,
)
row('9110 7.6.3', 'Via, from a proxy', check('Via: 1.1 a, 1.0 b'), GO_ON)
row(
  '9110 7.8',
  'an upgrade is not taken up',
  check('Connection: Upgrade', 'Upgrade: websocket'),
  [200],
  { head: /^Connection: close$/m },
)
row(
  '9110 7.8',
  'nor is h2c',
  put(
    [
      LENGTH,
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ],
    ITEM,
  ),
  [200],
  { head: /^Connection: close$/m },
)
row('9110 7.8', 'Upgrade that the connection does not name', check('Upgrade: h2c'), [200])
row('9110 8.4', 'a content coding', put([LENGTH, 'Content-Encoding: gzip'], ITEM), [415, 200], {
  head: /^Accept-Encoding: identity$/m,
})
row('9110 8.4', 'identity', put([LENGTH, 'Content-Encoding: identity'], ITEM), GO_ON)
row('9110 8.6', '204 has no length', get('OPTIONS / HTTP/1.1', 'Host: a'), [204, 200], {
  headless: /^Content-Length/im,
})
row('9110 9.1', 'a method that nobody knows', get('BREW / HTTP/1.1', 'Host: a'), [501])
row(
  '9110 9.3.2',
  'HEAD has the length of GET',
  get('HEAD / HTTP/1.1', 'Host: localhost:1'),
  GO_ON,
  { head: /^Content-Length: 134$/m },
)
row('9110 9.3.7', 'OPTIONS', get('OPTIONS /healthcheck HTTP/1.1', 'Host: a'), [204, 200], {
  head: /^Allow: GET, HEAD$/m,
})
row('9110 9.3.7', 'OPTIONS as HAProxy checks', get('OPTIONS / HTTP/1.0'), [204])
row('9110 9.3.8', 'TRACE', get('TRACE /healthcheck HTTP/1.1', 'Host: a'), [405, 200])
row('9110 10.1.1', '100-continue', put([LENGTH, 'Expect: 100-continue'], ITEM), [100, 200, 200])
row('9110 10.1.1', '100-Continue', put([LENGTH, 'Expect: 100-Continue'], ITEM), [100, 200, 200])
row('9110 10.1.1', 'in HTTP/1.0', put([LENGTH, 'Expect: 100-continue'], ITEM, 'HTTP/1.0'), [200])
row(
  '9110 10.1.1',
  'in HTTP/1.0, refused',
  get(`POST ${TABLES} HTTP/1.0`, LENGTH, 'Expect: 100-continue', 'Connection: keep-alive') + ITEM,
  [401, 200],
)
row('9110 10.1.1', 'without a body', put(['Expect: 100-continue'], ''), [400])
row(
  '9110 10.1.1',
  'refused',
  get(`POST ${TABLES} HTTP/1.1`, 'Host: localhost', LENGTH, 'Expect: 100-continue'),
  [401],
  { head: /^Connection: close$/m },
)
row('9110 10.1.1', 'something else', put([LENGTH, 'Expect: a-miracle'], ITEM), [417])
row(
  '9110 10.1.1',
  'something else in HTTP/1.0',
  put([LENGTH, 'Expect: a-miracle'], ITEM, 'HTTP/1.0'),
  [200],
)
row(
  '9110 10.2.1',
  '405 says what is allowed',
  get(`PUT ${TABLES} HTTP/1.1`, 'Host: a'),
  [405, 200],
  { head: /^Allow: GET, POST, HEAD$/m },
)
row(
  '9110 13.1',
  'conditions on the state of pages',
  check('If-None-Match: *', 'If-Match: "a"'),
  GO_ON,
)
row('9110 14.2', 'a range', check('Range: bytes=0-1'), GO_ON)
row(
  '9110 12.5.1',
  'another type is accepted only',
  check('Accept: image/png', 'Accept-Encoding: gzip'),
  GO_ON,
)
