import { hash } from 'node:crypto'
import * as assert from 'uvu/assert'
import { readClaim } from '../../../src/identity/sigv4/claim.ts'
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

/** `valid`, or the fault. */
function verdictOf(request: Request, secret: string, nowMs = SIGNED_AT_MS): string {
  const { headers, body, query = '' } = request
  const source = {
    query: new URLSearchParams(query),
    header: (name: string) => headers[name],
  }
  try {
    const claim = readClaim(headers.authorization ?? '', source, nowMs)
    const payloadHash = hash('sha256', body)
    if ((claim.payloadHash ?? payloadHash) !== payloadHash) return 'mismatch'
    const key = SigningKey.derive(secret, claim.day, claim.region)
    return key.hasSigned(claim, payloadHash) ? 'valid' : 'mismatch'
  } catch (error) {
    if (error instanceof SignatureError) return error.fault.is
    throw error
  }
}

/** A signature that is valid with `secret`, or one that differs as told. */
function verdict(signing: Parameters<typeof signed>[0], changes: Partial<Request> = {}): string {
  const body = Buffer.from(signing?.body ?? '')
  return verdictOf({ headers: signed(signing), body, ...changes }, 'the secret')
}

test("every request of botocore's is valid", () => {
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

test('a header that is not signed may be anything', () => {
  const headers = { ...signed(), 'user-agent': 'x', 'x-forwarded-for': '10.0.0.1' }
  assert.is(verdictOf({ headers, body: Buffer.alloc(0) }, 'the secret'), 'valid')
})

test('a date is accepted for fifteen minutes on both sides', () => {
  const at = (seconds: number) =>
    verdictOf(
      { headers: signed(), body: Buffer.alloc(0) },
      'the secret',
      SIGNED_AT_MS + seconds * 1_000,
    )
  assert.equal([at(0), at(900), at(-900)], ['valid', 'valid', 'valid'])
  assert.equal([at(901), at(-901), at(-86_400)], ['expired', 'not_yet_current', 'not_yet_current'])
})

test('a date of another form, or of no calendar, is malformed', () => {
  const dates = ['20261129T183005', '2026-11-29T18:30:05Z', 'Sun, 29 Nov 2026 18:30:05 GMT']
  const days = [
    '20261199T183005Z',
    '20261329T183005Z',
    '20260029T183005Z',
    '20261129T186005Z',
    '20261131T183005Z',
    '20261129T246005Z',
    '20261129T240000Z',
  ]
  for (const date of [...dates, ...days, `${'1'.repeat(5_000)}Z`]) {
    assert.is(verdict({ headers: { 'x-amz-date': date } }), 'date_malformed', date)
  }
})

test('the scope is of the day, of dynamodb, and of any region', () => {
  assert.is(verdict({ region: 'mars-1' }), 'valid')
  assert.is(verdict({ day: '20261128' }), 'scope_wrong')
  assert.is(verdict({ service: 's3' }), 'scope_wrong')
  assert.is(verdict({ terminator: 'aws5_request' }), 'scope_wrong')
  assert.is(verdict({ region: '' }), 'scope_wrong')
  assert.is(verdict({ region: 'x'.repeat(65) }), 'scope_wrong')
})

test('host, date and target must be signed', () => {
  const names = ['content-type', 'host', 'x-amz-date', 'x-amz-target']
  for (const name of ['host', 'x-amz-date', 'x-amz-target']) {
    assert.is(verdict({ signed: names.filter((each) => each !== name) }), 'header_unsigned', name)
  }
  const headers = { 'x-amz-target': undefined }
  assert.is(verdict({ headers, signed: ['host', 'x-amz-date'] }), 'valid')
})

test('a header that is signed and not sent is refused', () => {
  const names = ['host', 'x-amz-date', 'x-amz-target', 'x-gone']
  assert.is(verdict({ signed: names }), 'header_absent')
})

test('names of signed headers are in lower case, in order, and each there once', () => {
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

test('a query, a session token and a hash that is none are refused', () => {
  assert.is(verdict({}, { query: 'X-Amz-Expires=60' }), 'query_not_empty')
  assert.is(verdict({ headers: { 'x-amz-security-token': 'IQoJ' } }), 'key_unknown')
  assert.is(verdict({ headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }), 'mismatch')
  assert.is(verdict({ headers: { 'x-amz-content-sha256': '0'.repeat(64) } }), 'mismatch')
  assert.is(verdict({ headers: { 'x-amz-content-sha256': hash('sha256', '') } }), 'valid')
})

test('access keys have any form but that of a scope', () => {
  assert.is(verdict({ accessKey: 'AKIA.my-own+key_~' }), 'valid')
  assert.is(verdict({ accessKey: 'x'.repeat(255) }), 'valid')
  assert.is(verdict({ accessKey: 'x'.repeat(256) }), 'key_unknown')
  assert.is(verdict({ accessKey: 'two words' }), 'key_unknown')
  assert.is(verdict({ accessKey: 'a/b' }), 'credential_malformed')
  assert.is(verdict({ accessKey: '' }), 'key_unknown')
})

/** Numbers below one, always the same for a seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test('no mutant of a signed request is valid, and none is an unexpected error', () => {
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
    // White space after a comma, or a run of it, means nothing; nor does an access key here.
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
