import { hash } from 'node:crypto'
import * as assert from 'uvu/assert'
import { ClaimReader } from '../../../src/identity/sigv4/claim.ts'
import { SignatureError } from '../../../src/identity/sigv4/signature-error.ts'
import { SigningKey } from '../../../src/identity/sigv4/signing-key.ts'
import { suite } from '../../support/suite.ts'
import {
  botocoreVectors,
  type Request,
  SIGNED_AT_MS,
  signed,
  type Vector,
} from './signed-requests.ts'

const test = suite('signatures: verification')

const reader = new ClaimReader()
const NEXT_DAY_MS = SIGNED_AT_MS + 86_400_000

/** `valid`, or the error. */
function verdictOf(request: Request, secret: string, nowMs = SIGNED_AT_MS): string {
  const { headers, body, query = '' } = request
  const source = {
    query: new URLSearchParams(query),
    header: (name: string) => headers[name],
  }
  try {
    const claim = reader.read(headers.authorization ?? '', source, nowMs)
    const payloadHash = hash('sha256', body)
    if ((claim.payloadHash ?? payloadHash) !== payloadHash) return 'mismatch'
    const key = SigningKey.derive(secret, claim.terms.scope)
    return key.hasSigned(claim, payloadHash) ? 'valid' : 'mismatch'
  } catch (error) {
    if (error instanceof SignatureError) return error.fault.is
    throw error
  }
}

/** The verdict on a signature made with `secret`, after the given changes. */
function verdict(signing: Parameters<typeof signed>[0], changes: Partial<Request> = {}): string {
  const body = Buffer.from(signing?.body ?? '')
  return verdictOf({ headers: signed(signing), body, ...changes }, 'the secret')
}

test('all requests signed by botocore are valid', () => {
  const vectors = botocoreVectors()
  assert.ok(vectors.length >= 25)
  for (const vector of vectors) {
    assert.is(verdictOf(vector, vector.secret), 'valid', JSON.stringify(vector.headers))
  }
})

test('a wrong secret, a changed body and a changed header are a mismatch', () => {
  for (const vector of botocoreVectors()) {
    assert.is(verdictOf(vector, `${vector.secret}0`), 'mismatch')
    const body = Buffer.concat([vector.body, Buffer.from(' ')])
    assert.is(verdictOf({ ...vector, body }, vector.secret), 'mismatch')
    const headers = { ...vector.headers, 'x-amz-target': 'DynamoDB_20120810.DeleteTable' }
    assert.is(verdictOf({ ...vector, headers }, vector.secret), 'mismatch')
  }
})

test('unsigned headers may have any value', () => {
  const headers = { ...signed(), 'user-agent': 'x', 'x-forwarded-for': '10.0.0.1' }
  assert.is(verdictOf({ headers, body: Buffer.alloc(0) }, 'the secret'), 'valid')
})

test('a signature in another notation is refused', () => {
  const headers = signed()
  const [start = '', signature = ''] = headers.authorization?.split('Signature=') ?? []
  for (const other of [
    signature.toUpperCase(),
    `${signature}0`,
    signature.slice(1),
    `${signature} x`,
  ]) {
    const authorization = `${start}Signature=${other}`
    const request = { headers: { ...headers, authorization }, body: Buffer.alloc(0) }
    assert.is(verdictOf(request, 'the secret'), 'mismatch', other)
  }
})

test('a date up to 15 minutes before or after the present is accepted', () => {
  const at = (seconds: number) =>
    verdictOf(
      { headers: signed(), body: Buffer.alloc(0) },
      'the secret',
      SIGNED_AT_MS + seconds * 1_000,
    )
  assert.equal([at(0), at(900), at(-900)], ['valid', 'valid', 'valid'])
  assert.equal([at(901), at(-901), at(-86_400)], ['expired', 'not_yet_current', 'not_yet_current'])
})

test('a date in another format, or that does not exist, is malformed', () => {
  const dates = ['20261129T183005', '2026-11-29T18:30:05Z', 'Sun, 29 Nov 2026 18:30:05 GMT']
  const days = [
    '20261199T183005Z',
    '20261329T183005Z',
    '20260029T183005Z',
    '20261129T186005Z',
    '20261131T183005Z',
    '20261129T246005Z',
    '20261129T240000Z',
    '20261129T183060Z',
  ]
  for (const date of [...dates, ...days, `${'1'.repeat(5_000)}Z`]) {
    assert.is(verdict({ headers: { 'x-amz-date': date } }), 'date_malformed', date)
  }
})

test('a scope must name the day and dynamodb, and may name any region', () => {
  assert.is(verdict({ region: 'mars-1' }), 'valid')
  assert.is(verdict({ day: '20261128' }), 'scope_wrong')
  assert.is(verdict({ service: 's3' }), 'scope_wrong')
  assert.is(verdict({ terminator: 'aws5_request' }), 'scope_wrong')
  assert.is(verdict({ region: '' }), 'scope_wrong')
  assert.is(verdict({ region: 'x'.repeat(65) }), 'scope_wrong')
})

test('an unsigned host, date or target is refused', () => {
  const names = ['content-type', 'host', 'x-amz-date', 'x-amz-target']
  for (const name of ['host', 'x-amz-date', 'x-amz-target']) {
    assert.is(verdict({ signed: names.filter((each) => each !== name) }), 'header_unsigned', name)
  }
  const headers = { 'x-amz-target': undefined }
  assert.is(verdict({ headers, signed: ['host', 'x-amz-date'] }), 'valid')
})

test('a signed header that was not sent is refused', () => {
  const names = ['host', 'x-amz-date', 'x-amz-target', 'x-gone']
  assert.is(verdict({ signed: names }), 'header_absent')
})

test('names of signed headers must be lower-case, sorted and unique', () => {
  const malformed = (from: string, to: string) => {
    const headers = signed()
    headers.authorization = headers.authorization?.replace(from, to) ?? ''
    return verdictOf({ headers, body: Buffer.alloc(0) }, 'the secret')
  }
  const names = 'content-type;host;x-amz-date;x-amz-target'
  for (const other of [
    'host;content-type;x-amz-date;x-amz-target',
    'content-type;host;host;x-amz-date;x-amz-target',
    'Content-Type;host;x-amz-date;x-amz-target',
    'content-type;host;x-amz-date;x-amz-target;',
    'content-type;host;x-amz-date;x-amz-target;y z',
  ]) {
    assert.is(malformed(names, other), 'signed_headers_malformed', other)
  }
  const many = Array.from({ length: 60 }, (_, n) => `y${n + 10}`).join(';')
  assert.is(malformed(names, `${names};${many}`), 'too_long')
})

test('a query string, a session token or a wrong body hash is refused', () => {
  assert.is(verdict({}, { query: 'X-Amz-Expires=60' }), 'query_not_empty')
  assert.is(verdict({ headers: { 'x-amz-security-token': 'IQoJ' } }), 'key_unknown')
  assert.is(verdict({ headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }), 'mismatch')
  assert.is(verdict({ headers: { 'x-amz-content-sha256': '0'.repeat(64) } }), 'mismatch')
  assert.is(verdict({ headers: { 'x-amz-content-sha256': hash('sha256', '') } }), 'valid')
})

test('access keys of up to 255 printable characters are accepted', () => {
  assert.is(verdict({ accessKey: 'AKIA.my-own+key_~' }), 'valid')
  assert.is(verdict({ accessKey: 'x'.repeat(255) }), 'valid')
  assert.is(verdict({ accessKey: 'x'.repeat(256) }), 'key_unknown')
  assert.is(verdict({ accessKey: 'two words' }), 'key_unknown')
  assert.is(verdict({ accessKey: 'a/b' }), 'credential_malformed')
  assert.is(verdict({ accessKey: '' }), 'key_unknown')
})

test('cached terms change no verdict', () => {
  const headers = signed()
  const body = Buffer.alloc(0)
  const later = signed({ timeMs: NEXT_DAY_MS })
  const outcome = (change: Record<string, string>) =>
    verdictOf({ headers: { ...headers, ...change }, body }, 'the secret')
  const [start, credential, names, signature] = headers.authorization?.split(/,? /) ?? []
  const reordered = `${start} ${names}, ${signature}, ${credential}`
  for (let round = 0; round < 2; round++) {
    assert.is(outcome({ authorization: reordered }), 'valid')
    assert.is(outcome({}), 'valid')
    assert.is(outcome({ 'x-amz-date': '' }), 'parts_missing')
    assert.is(outcome({ 'x-amz-date': '20261129T183005' }), 'date_malformed')
    assert.is(outcome({ 'x-amz-date': later['x-amz-date'] ?? '' }), 'not_yet_current')
    assert.is(outcome({ authorization: `${headers.authorization}0` }), 'mismatch')
    assert.is(outcome({ authorization: `${headers.authorization}, Signature=0` }), 'pair_malformed')
    assert.is(verdictOf({ headers: later, body }, 'the secret', NEXT_DAY_MS), 'valid')
    const mixed = { ...later, authorization: headers.authorization ?? '' }
    assert.is(verdictOf({ headers: mixed, body }, 'the secret', NEXT_DAY_MS), 'scope_wrong')
  }
})

/** Pseudo-random numbers below one, the same for each seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test('no mutant of a signed request is valid or causes an unexpected error', () => {
  const random = randomFrom(16)
  const below = (n: number) => Math.floor(random() * n)
  const vectors = botocoreVectors()
  const verdicts = new Map<string, number>()
  for (let round = 0; round < 5_000; round++) {
    const vector = vectors[below(vectors.length)] as Vector
    const names = /SignedHeaders=([^,]*)/.exec(vector.headers.authorization ?? '')?.[1]?.split(';')
    const target = ['authorization', ...(names ?? [])][below(1 + (names?.length ?? 0))] ?? ''
    const value = vector.headers[target] ?? ''
    const at = below(value.length)
    const other = String.fromCharCode(33 + below(94))
    const kind = below(3)
    const mutant =
      kind === 0
        ? value.slice(0, at) + other + value.slice(at + 1)
        : kind === 1
          ? value.slice(0, at) + other + value.slice(at)
          : value.slice(0, at) + value.slice(at + 1)
    // These changes have no effect: spaces after a comma, more than one space, another access key.
    const isSame = (text: string) => text.replaceAll(/[ \t]+/g, ' ').replaceAll(/, ?/g, ',')
    const isKey = target === 'authorization' && at <= value.indexOf('/')
    if (isSame(mutant) === isSame(value) || isKey) continue
    const found = verdictOf(
      { ...vector, headers: { ...vector.headers, [target]: mutant } },
      vector.secret,
    )
    verdicts.set(found, (verdicts.get(found) ?? 0) + 1)
    assert.is.not(found, 'valid', `${target}: ${mutant}`)
  }
  assert.ok((verdicts.get('mismatch') ?? 0) > 1_000)
  assert.ok(verdicts.size > 8, [...verdicts.keys()].join(' '))
})

test.run()
