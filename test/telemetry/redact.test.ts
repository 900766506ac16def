import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { describeError, REDACTED, redactField, redactTokens } from '../../src/telemetry/redact.ts'

const FERNET = `gAAAAAB${'x'.repeat(180)}==`
const JWS = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.${'s'.repeat(86)}`

test('replaces values under secret names at every depth', () => {
  for (const name of ['password', 'authToken', 'X-Auth-Token', 'application_credential_secret']) {
    assert.is(redactField(name, 'hunter2'), REDACTED)
    assert.equal(redactField('a', { b: [{ [name]: 'hunter2' }] }), { b: [{ [name]: REDACTED }] })
  }
  assert.is(redactField('Authorization', { scheme: 'x' }), REDACTED)
})

test('leaves names that only speak of secrets', () => {
  assert.is(redactField('token_cache_time', 300), 300)
  assert.is(redactField('tokenHash', 'abc'), 'abc')
})

test('gives plain values that JSON can take', () => {
  assert.is(redactField('a', 12n), '12')
  assert.is(redactField('a', new Date(0)), '1970-01-01T00:00:00.000Z')
  assert.is(redactField('a', Buffer.alloc(3)), '[3 bytes]')
  const circle: Record<string, unknown> = {}
  circle.self = circle
  assert.match(JSON.stringify(redactField('a', circle)), 'too deep')
})

test('keeps of an error its stack and causes, not what libraries hang on it', () => {
  const cause = new Error('inner')
  const error = Object.assign(new TypeError('outer', { cause }), { request: { body: 'hunter2' } })
  const described = redactField('error', error)
  assert.equal(described, describeError(error))
  assert.is(describeError(error).type, 'TypeError')
  assert.is(describeError(error).cause?.message, 'inner')
  assert.not.match(JSON.stringify(described), 'hunter2')
})

test('follows a circle of causes only so far', () => {
  const error = new Error('round')
  error.cause = error
  assert.ok(JSON.stringify(describeError(error)).length < 100_000)
})

test('replaces Keystone tokens wherever they stand', () => {
  assert.is(redactTokens(`bad token ${FERNET}, really`), `bad token ${REDACTED}, really`)
  assert.is(redactTokens(`"${JWS}"`), `"${REDACTED}"`)
  assert.is(redactTokens('gAAAAA is a prefix'), 'gAAAAA is a prefix')
})

test.run()
