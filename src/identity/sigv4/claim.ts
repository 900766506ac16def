import { parseAuthorization } from './authorization.ts'
import { type CredentialScope, SignatureError, type SignatureFault } from './signature-error.ts'
import { ALGORITHM, SERVICE, TERMINATOR } from './terms.ts'

/** Difference between `X-Amz-Date` and our clock. Keystone accepts dates far in the future. */
export const SKEW_MS_MAX = 15 * 60 * 1_000
/** Headers that a signature may cover. SDKs sign four to nine. */
const SIGNED_HEADERS_MAX = 50

/** Printable characters but `/`, `,` and `=`: keys need not have Keystone's form. */
const ACCESS_KEY = /^[\x21-\x2b\x2d-\x2e\x30-\x3c\x3e-\x7e]{1,255}$/
const REGION = /^[\x21-\x2b\x2d-\x2e\x30-\x7e]{1,64}$/
const DATE = /^\d{8}T\d{6}Z$/
const HEADER_NAMES = /^[a-z0-9!#$%&'*+.^_`|~;-]+$/
const SIGNATURE = /^[0-9a-f]{64}$/
const SHA256 = /^[0-9a-f]{64}$/
const SPACES = /[ \t]+/g
const NOT_COLLAPSED = /\t| {2}/
/** Method, path and query of every request, as they are signed. */
const CANONICAL_START = 'POST\n/\n\n'

/** The part of a request that says how it is signed. */
export interface SignedRequest {
  readonly query: { readonly size: number }
  /** @param name in lower case */
  header(name: string): string | undefined
}

/** What a request says about its signature: well-formed and current, and not yet verified. */
export interface SignatureClaim {
  readonly accessKey: string
  /** `YYYYMMDD` */
  readonly day: string
  readonly region: string
  /** `day/region/service/terminator` */
  readonly scope: string
  /** `X-Amz-Date`. */
  readonly date: string
  /** Names separated by `;`. */
  readonly signedHeaders: string
  /** Names in ascending order, with their values as they are signed. */
  readonly headers: readonly SignedHeader[]
  /**
   * All that is signed but the payload's hash, in UTF-8: so do botocore and the SDK for
   * JavaScript, although they send headers in Latin-1.
   */
  readonly canonicalHead: string
  readonly signature: string
  /** The SHA-256 of the body as the client says it, in hex. Undefined if it does not say it. */
  readonly payloadHash: string | undefined
  /** Whether the signature covers `payloadHash`, so that it can be verified before the body. */
  readonly isPayloadHashSigned: boolean
}

type SignedHeader = readonly [name: string, value: string]

/**
 * Checks all that can be said of a signature without secret and body.
 *
 * @throws SignatureError
 */
export function readClaim(
  authorization: string,
  request: SignedRequest,
  nowMs: number,
): SignatureClaim {
  const date = request.header('x-amz-date') ?? ''
  const parsed = parseAuthorization(authorization, date === '')
  checkDate(date, nowMs)
  const names = parsed.SignedHeaders.split(';')
  if (!names.includes('host')) refuse({ is: 'header_unsigned', name: 'Host' })
  const { algorithm, Signature: signature } = parsed
  if (algorithm !== ALGORITHM) refuse({ is: 'algorithm_unknown', algorithm })
  const { accessKey, scope } = credentialOf(parsed.Credential)
  checkScope(scope, date)
  const { SignedHeaders: signedHeaders } = parsed
  checkNames(names, signedHeaders, request)
  if (request.query.size > 0) refuse({ is: 'query_not_empty' })
  const isSessionKey = request.header('x-amz-security-token') !== undefined
  if (isSessionKey || !ACCESS_KEY.test(accessKey)) refuse({ is: 'key_unknown' })
  const payloadHash = request.header('x-amz-content-sha256')
  const isHash = payloadHash === undefined || SHA256.test(payloadHash)
  if (!isHash || !SIGNATURE.test(signature)) refuse({ is: 'mismatch' })
  const headers = headersOf(names, request)
  let canonicalHead = CANONICAL_START
  for (const [name, value] of headers) canonicalHead += `${name}:${value}\n`
  canonicalHead += `\n${signedHeaders}\n`
  return {
    accessKey,
    day: scope.date,
    region: scope.region,
    scope: parsed.Credential.slice(accessKey.length + 1),
    date,
    signedHeaders,
    headers,
    canonicalHead,
    signature,
    payloadHash,
    isPayloadHashSigned: payloadHash !== undefined && names.includes('x-amz-content-sha256'),
  }
}

function refuse(fault: SignatureFault): never {
  throw new SignatureError(fault)
}

function checkDate(date: string, nowMs: number): void {
  const timeMs = timeOf(date)
  if (timeMs === undefined) refuse({ is: 'date_malformed', date })
  if (timeMs < nowMs - SKEW_MS_MAX) refuse({ is: 'expired', date, nowMs })
  if (timeMs > nowMs + SKEW_MS_MAX) refuse({ is: 'not_yet_current', date, nowMs })
}

/** Milliseconds since 1970 of `YYYYMMDDTHHMMSSZ`. */
function timeOf(date: string): number | undefined {
  if (!DATE.test(date)) return undefined
  const [month, day] = [numberAt(date, 4), numberAt(date, 6)]
  const [hour, minute, second] = [numberAt(date, 9), numberAt(date, 11), numberAt(date, 13)]
  const year = numberAt(date, 0) * 100 + numberAt(date, 2)
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // What is too large for its place is carried over.
  const isReal =
    time.getUTCMonth() === month - 1 &&
    time.getUTCDate() === day &&
    time.getUTCMinutes() === minute &&
    time.getUTCSeconds() === second
  return isReal ? time.getTime() : undefined
}

/** The number of two digits. */
function numberAt(text: string, at: number): number {
  return text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - TWO_DIGITS_OF_ZERO
}

const TWO_DIGITS_OF_ZERO = '0'.charCodeAt(0) * 11

/** `YYYYMMDDTHHMMSSZ`, as in `X-Amz-Date`. */
export function basicDate(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

function credentialOf(credential: string): { accessKey: string; scope: CredentialScope } {
  const [accessKey = '', date = '', region = '', service = '', terminator, ...more] =
    credential.split('/')
  if (terminator === undefined || more.length > 0) {
    refuse({ is: 'credential_malformed', credential })
  }
  return { accessKey, scope: { date, region, service, terminator } }
}

function checkScope(scope: CredentialScope, date: string): void {
  const wrong: (keyof CredentialScope)[] = []
  if (!REGION.test(scope.region)) wrong.push('region')
  if (scope.service !== SERVICE) wrong.push('service')
  if (scope.terminator !== TERMINATOR) wrong.push('terminator')
  if (!date.startsWith(`${scope.date}T`)) wrong.push('date')
  if (wrong.length > 0) refuse({ is: 'scope_wrong', wrong, scope, date })
}

/** Names are in lower case and in ascending order; those that say what is asked for are there. */
function checkNames(names: readonly string[], signedHeaders: string, request: SignedRequest): void {
  if (names.length > SIGNED_HEADERS_MAX) refuse({ is: 'too_long' })
  if (!HEADER_NAMES.test(signedHeaders)) refuse({ is: 'signed_headers_malformed' })
  let previous = ''
  for (const name of names) {
    if (name <= previous) refuse({ is: 'signed_headers_malformed' })
    previous = name
  }
  if (!names.includes('x-amz-date')) refuse({ is: 'header_unsigned', name: 'X-Amz-Date' })
  if (request.header('x-amz-target') !== undefined && !names.includes('x-amz-target')) {
    refuse({ is: 'header_unsigned', name: 'X-Amz-Target' })
  }
}

function headersOf(names: readonly string[], request: SignedRequest): readonly SignedHeader[] {
  const headers: SignedHeader[] = []
  for (const name of names) {
    const value = request.header(name)
    if (value === undefined) refuse({ is: 'header_absent', name })
    headers.push([name, NOT_COLLAPSED.test(value) ? value.replaceAll(SPACES, ' ') : value])
  }
  return headers
}
