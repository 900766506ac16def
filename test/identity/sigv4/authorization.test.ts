import * as assert from 'uvu/assert'
import { isSignature, parseAuthorization } from '../../../src/identity/sigv4/authorization.ts'
import { SignatureError, type SignatureFault } from '../../../src/identity/sigv4/signature-error.ts'
import { suite } from '../../support/suite.ts'

const test = suite('signatures: the Authorization header')

const CREDENTIAL = 'Credential=AKEY/20261129/us-east-1/dynamodb/aws4_request'
const HEADERS = 'SignedHeaders=host;x-amz-date'
const SIGNATURE = 'Signature=0123'

function faultOf(authorization: string, isDateMissing = false): SignatureFault {
  try {
    parseAuthorization(authorization, isDateMissing)
  } catch (error) {
    if (error instanceof SignatureError) return error.fault
    throw error
  }
  throw new Error('it is not refused')
}

test('an Authorization header may have its parts in any order', () => {
  const expected = parseAuthorization(`AWS4-HMAC-SHA256 ${CREDENTIAL}, ${HEADERS}, ${SIGNATURE}`)
  assert.equal(expected, {
    algorithm: 'AWS4-HMAC-SHA256',
    Credential: 'AKEY/20261129/us-east-1/dynamodb/aws4_request',
    SignedHeaders: 'host;x-amz-date',
    Signature: '0123',
  })
  for (const parts of [
    `${CREDENTIAL},${HEADERS},${SIGNATURE}`,
    `${SIGNATURE},   ${HEADERS},\t${CREDENTIAL}`,
    `  ${HEADERS} , ${CREDENTIAL},${SIGNATURE}`,
  ]) {
    assert.equal(parseAuthorization(`AWS4-HMAC-SHA256 ${parts}`), expected)
  }
})

test('an error names all missing parts, including the date', () => {
  assert.equal(faultOf(`AWS4-HMAC-SHA256 ${SIGNATURE}`, true), {
    is: 'parts_missing',
    parts: ['Credential', 'SignedHeaders'],
    isDateMissing: true,
    authorization: `AWS4-HMAC-SHA256 ${SIGNATURE}`,
  })
  for (const empty of ['AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA256 ', 'AWS4-', 'AWS4-HMAC-SHA256 ,,']) {
    assert.is(faultOf(empty).is, 'parts_missing', empty)
  }
  assert.is(faultOf(`AWS4-HMAC-SHA256 Credential=,${HEADERS},${SIGNATURE}`).is, 'parts_missing')
})

test('a part that is no pair, unknown or repeated is refused', () => {
  for (const pair of ['Credential', 'credential=a', 'Other=1', '=', CREDENTIAL]) {
    const fault = faultOf(`AWS4-HMAC-SHA256 ${CREDENTIAL}, ${HEADERS}, ${SIGNATURE}, ${pair}`)
    assert.is(fault.is, 'pair_malformed', pair)
  }
})

test('an Authorization header of too many characters is refused', () => {
  assert.is(faultOf(`AWS4-HMAC-SHA256 ${'x=1,'.repeat(3_000)}`).is, 'too_long')
})

test('only a scheme of Signature Version 4 counts as a signature', () => {
  assert.ok(isSignature('AWS4-HMAC-SHA256 Credential=a'))
  for (const other of [undefined, '', 'Basic YTpi', 'AWS a:b', 'aws4-hmac-sha256 x']) {
    assert.not.ok(isSignature(other))
  }
})

test.run()
