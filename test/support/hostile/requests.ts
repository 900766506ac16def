import type { Requests } from '../../differential/requests.ts'
import type { Seeded } from '../../seeded.ts'
import type { Caller } from '../http-client.ts'
import { misspelt, spoilt, tweaked } from './json.ts'
import { nearRequest } from './near-requests.ts'
import { SAMPLE_REQUESTS } from './sample-requests.ts'

export const HOSTILE_CALLER: Caller = { token: 'tester:hostile', projectId: 'hostile' }
export const HOSTILE_PATH = `/v1/data/${HOSTILE_CALLER.projectId}`

export interface HostileRequest {
  /** The operation of the request before it was changed. */
  readonly operation: string
  readonly bytes: Buffer
  /** Whether a server can find its end. Otherwise it waits for more. */
  readonly isWhole: boolean
  /** The body, if nothing was changed. */
  readonly unchanged?: unknown
}

/** Without DELETE, after which most further requests would find no table. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'OPTIONS', 'TRACE', 'BREW']
const SEGMENTS = ['..', '.', '', '%2f', '%2e%2e', '%zz', '%00', 'é', '*', '\\', 'a'.repeat(300)]
const QUERIES = [
  ...['', '?', '?limit=-1', '?limit=1e9', '?limit=9007199254740993', '?limit=5&limit=6'],
  ...['?exclusive_start_table_name=%00', '?progress=true', '?progress=x', '?fullcheck=true'],
  ...['?__proto__=1', '?a=b&a=%zz', `?${'a=b&'.repeat(1_000)}`, '#x'],
]
const TOKENS = [
  ...['', 'tester', 'tester:other', 'tester:hostile:reader', 'tester:hostile:nobody'],
  ...[`tester:hostile:${'a,'.repeat(16)}admin`, 'tester:hostile:member,', 'admin:hostile'],
  ...['__proto__:hostile', 'tester:hostile, tester:other', 'tester:%68ostile'],
  ...['t\xe9ster:hostile', 'x'.repeat(9_000)],
]
const LINES = [
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip', 'Content-Length: 3'],
  ...['Content-Encoding: gzip', 'Content-Encoding: identity', 'Expect: 100-continue', 'Expect: x'],
  ...['Host: evil', 'X-Forwarded-Host: evil', 'Upgrade: h2c', 'Connection: Upgrade, keep-alive'],
  ...['Content-Type: text/xml; charset=utf-16', 'X-Openstack-Request-Id: \x01'],
  'X-Openstack-Request-Id: req-00000000-0000-0000-0000-000000000000',
  ...TOKENS.map((token) => `X-Auth-Token: ${token}`),
  ...['X-Service-Token: service:other:service', 'X-Subject-Token: a:b'],
  ...['Authorization: AWS4-HMAC-SHA256 Credential=a/b', 'X-Identity-Status: Confirmed'],
  ...['X-Project-Id: other', 'X-Roles: admin', 'X-Is-Admin-Project: True'],
  ...['OpenStack-System-Scope: all', 'X-HTTP-Method-Override: DELETE'],
  `X-A: ${'a'.repeat(20_000)}`,
]

/**
 * The bytes of a valid request with some change. Most still have a valid form, so that they are
 * executed, or refused because of stored data.
 */
export function hostileRequest(random: Seeded): HostileRequest {
  const kind = random.below(20)
  const { operation, method, path, body } =
    kind < 15 ? nearRequest(random) : random.pick(SAMPLE_REQUESTS)
  const isLines = operation === 'bulk_load' && Array.isArray(body)
  const parts = body === undefined ? [] : isLines ? body : [body]
  const lines = ['Content-Type: application/json']
  return changed({ operation, method, target: HOSTILE_PATH + path, lines, parts }, kind, random)
}

/** A valid request. */
interface Valid {
  readonly operation: string
  readonly method: string
  readonly target: string
  /** Lines of the head, without those of all requests. */
  readonly lines: readonly string[]
  /** JSON, one per line of the body. */
  readonly parts: readonly unknown[]
}

/** Like `hostileRequest`, with a request of DynamoDB's API. */
export function hostileDynamodbRequest(random: Seeded, requests: Requests): HostileRequest {
  const { operation, body } = requests.next()
  const lines = [
    `X-Amz-Target: DynamoDB_20120810.${operation}`,
    'Content-Type: application/x-amz-json-1.0',
  ]
  const valid = { operation, method: 'POST', target: '/', lines, parts: [body] }
  return changed(valid, random.below(20), random)
}

function changed(valid: Valid, kind: number, random: Seeded): HostileRequest {
  const { operation, target } = valid
  const text = textOf(valid, kind, random)
  const method = kind === 16 && random.below(2) ? random.pick(METHODS) : valid.method
  const lines = [
    `${method} ${kind === 16 || kind === 17 ? otherTarget(target, random) : target} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    `X-Auth-Token: ${kind === 13 ? random.pick(TOKENS) : HOSTILE_CALLER.token}`,
    ...valid.lines,
    `Content-Length: ${Buffer.byteLength(text)}`,
  ]
  if (kind === 14) spoilLines(lines, random)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const payload = Buffer.from(text)
  if (kind === 18 && payload.length > 0) spoilBytes(payload, random)
  const bytes = Buffer.concat([head, payload])
  if (kind === 19) spoilBytes(bytes, random)
  const isCut = random.below(100) === 0
  return {
    operation,
    bytes: isCut ? bytes.subarray(0, random.below(bytes.length)) : bytes,
    isWhole: !isCut && kind !== 14 && kind !== 19,
    ...(kind < 8 && !isCut && { unchanged: valid.parts[0] }),
  }
}

/** The changed body of the request. */
function textOf({ parts }: Valid, kind: number, random: Seeded): string {
  if (parts.length === 0) return ''
  const change = (json: unknown): unknown => {
    if (kind === 15) return spoilt(json, random)
    return kind >= 8 && kind < 11 ? tweaked(json, random) : json
  }
  const text = parts.map((part) => JSON.stringify(change(part))).join('\n')
  return kind === 11 || kind === 12 ? misspelt(text, random) : text
}

function otherTarget(target: string, random: Seeded): string {
  if (random.below(2)) return target.replace(/\?.*|$/, random.pick(QUERIES))
  const segments = target.split('/')
  segments[random.below(segments.length)] = random.pick(SEGMENTS)
  if (random.below(4) === 0)
    segments.splice(random.below(segments.length), 0, random.pick(SEGMENTS))
  return segments.join('/')
}

function spoilLines(lines: string[], random: Seeded): void {
  for (let n = random.below(3); n >= 0; n--) {
    const at = 1 + random.below(lines.length - 1)
    if (random.below(3) === 0) lines.splice(at, 1)
    else lines.splice(at, 0, random.pick(LINES))
  }
}

function spoilBytes(bytes: Buffer, random: Seeded): void {
  for (let n = random.below(3); n >= 0; n--) bytes[random.below(bytes.length)] = random.below(256)
}
