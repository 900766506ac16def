import type { Authorization } from './authorization.ts'
import { type CredentialScope, SignatureError, type SignatureFault } from './signature-error.ts'

export const ALGORITHM = 'AWS4-HMAC-SHA256'
export const SERVICE = 'dynamodb'
export const TERMINATOR = 'aws4_request'
/** Headers that a signature may cover. SDKs sign four to nine. */
const SIGNED_HEADERS_MAX = 50

/** Printable characters except `/`, `,` and `=`. Keys that Keystone cannot have made pass too. */
const ACCESS_KEY = /^[\x21-\x2b\x2d-\x2e\x30-\x3c\x3e-\x7e]{1,255}$/
const REGION = /^[\x21-\x2b\x2d-\x2e\x30-\x7e]{1,64}$/
const HEADER_NAMES = /^[a-z0-9!#$%&'*+.^_`|~;-]+$/

/** The part of a claim that is the same in all of a client's requests of a day. */
export interface Terms {
  readonly accessKey: string
  /** `day/region/service/terminator`. */
  readonly scope: string
  /** `YYYYMMDD`. */
  readonly day: string
  /** Names separated by `;`. */
  readonly signedHeaders: string
  /** The same names as a list: lower case, ascending, without duplicates. */
  readonly names: readonly string[]
}

/**
 * @param date `X-Amz-Date`, well-formed
 * @throws SignatureError
 */
export function termsOf(parsed: Authorization, date: string): Terms {
  const { algorithm, Credential: credential, SignedHeaders: signedHeaders } = parsed
  const names = signedHeaders.split(';')
  if (!names.includes('host')) refuse({ is: 'header_unsigned', name: 'Host' })
  if (algorithm !== ALGORITHM) refuse({ is: 'algorithm_unknown', algorithm })
  const [accessKey = '', day = '', region = '', service = '', terminator, ...more] =
    credential.split('/')
  if (terminator === undefined || more.length > 0) {
    refuse({ is: 'credential_malformed', credential })
  }
  checkScope({ date: day, region, service, terminator }, date)
  checkNames(names, signedHeaders)
  if (!ACCESS_KEY.test(accessKey)) refuse({ is: 'key_unknown' })
  return { accessKey, scope: credential.slice(accessKey.length + 1), day, signedHeaders, names }
}

function refuse(fault: SignatureFault): never {
  throw new SignatureError(fault)
}

function checkScope(scope: CredentialScope, date: string): void {
  const wrong: (keyof CredentialScope)[] = []
  if (!REGION.test(scope.region)) wrong.push('region')
  if (scope.service !== SERVICE) wrong.push('service')
  if (scope.terminator !== TERMINATOR) wrong.push('terminator')
  if (!date.startsWith(`${scope.date}T`)) wrong.push('date')
  if (wrong.length > 0) refuse({ is: 'scope_wrong', wrong, scope, date })
}

function checkNames(names: readonly string[], signedHeaders: string): void {
  if (names.length > SIGNED_HEADERS_MAX) refuse({ is: 'too_long' })
  if (!HEADER_NAMES.test(signedHeaders)) refuse({ is: 'signed_headers_malformed' })
  let previous = ''
  for (const name of names) {
    if (name <= previous) refuse({ is: 'signed_headers_malformed' })
    previous = name
  }
  if (!names.includes('x-amz-date')) refuse({ is: 'header_unsigned', name: 'X-Amz-Date' })
}
