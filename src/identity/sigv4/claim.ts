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
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/
const SIGNATURE = /^[0-9a-f]{64}$/
const SHA256 = /^[0-9a-f]{64}$/
const SPACES = /[ \t]+/g
const NOT_COLLAPSED = /\t| {2}/

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
  /** `X-Amz-Date`. */
  readonly date: string
  /** Names separated by `;`. */
  readonly signedHeaders: string
  /** Names in ascending order, with their values as they are signed. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly signature: string
  /** The SHA-256 of the body as the client says it, in hex. Undefined if it does not say it. */
  readonly payloadHash: string | undefined
  /** Whether the signature covers `payloadHash`, so that it can be verified before the body. */
  readonly isPayloadHashSigned: boolean
}

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
  checkSignedHeaders(names, request)
  if (request.query.size > 0) refuse({ is: 'query_not_empty' })
  const isSessionKey = request.header('x-amz-security-token') !== undefined
  if (isSessionKey || !ACCESS_KEY.test(accessKey)) refuse({ is: 'key_unknown' })
  const payloadHash = request.header('x-amz-content-sha256')
  const isHash = payloadHash === undefined || SHA256.test(payloadHash)
  if (!isHash || !SIGNATURE.test(signature)) refuse({ is: 'mismatch' })
  return {
    accessKey,
    day: scope.date,
    region: scope.region,
    date,
    signedHeaders: parsed.SignedHeaders,
    headers: valuesOf(names, request),
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
  const [, year, month, day, hour, minute, second] = DATE.exec(date) ?? []
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  // Some days that no month has are read as those of the next.
  return new Date(timeMs).getUTCDate() === Number(day) ? timeMs : undefined
}

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

/** Names in lower case and ascending order, each of a header that is there; those that say what is
 * asked for are among them. */
function checkSignedHeaders(names: readonly string[], request: SignedRequest): void {
  if (names.length > SIGNED_HEADERS_MAX) refuse({ is: 'too_long' })
  let previous = ''
  for (const name of names) {
    if (!HEADER_NAME.test(name) || name <= previous) refuse({ is: 'signed_headers_malformed' })
    previous = name
  }
  if (!names.includes('x-amz-date')) refuse({ is: 'header_unsigned', name: 'X-Amz-Date' })
  if (request.header('x-amz-target') !== undefined && !names.includes('x-amz-target')) {
    refuse({ is: 'header_unsigned', name: 'X-Amz-Target' })
  }
}

function valuesOf(names: readonly string[], request: SignedRequest): SignatureClaim['headers'] {
  return names.map((name) => {
    const value = request.header(name)
    if (value === undefined) refuse({ is: 'header_absent', name })
    return [name, NOT_COLLAPSED.test(value) ? value.replaceAll(SPACES, ' ') : value]
  })
}
