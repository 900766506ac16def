import { GenerationalCache } from '../../cache/generational-cache.ts'
import { parseAuthorization } from './authorization.ts'
import { DateCheck } from './date.ts'
import { SignatureError, type SignatureFault } from './signature-error.ts'
import { type Terms, termsOf } from './terms.ts'

/** Total characters of the Authorization headers whose terms are cached. */
const KEPT_CHARACTERS_MAX = 1024 * 1024
const SIGNATURE_PART = ', Signature='
const SIGNATURE = /^[0-9a-f]{64}$/
const SHA256 = /^[0-9a-f]{64}$/
const SPACES = /[ \t]+/g
const NOT_COLLAPSED = /\t| {2}/
/** Method, path and query in canonical form. They are the same for all requests. */
const CANONICAL_START = 'POST\n/\n\n'

/** The part of a request that is needed to read its signature. */
export interface SignedRequest {
  readonly query: { readonly size: number }
  /** @param name in lower case */
  header(name: string): string | undefined
}

/** A request's statements about its signature: well-formed and current, but not yet verified. */
export interface SignatureClaim {
  readonly terms: Terms
  /** `X-Amz-Date`. */
  readonly date: string
  /** The values of the signed headers in canonical form. */
  readonly values: readonly string[]
  /**
   * The canonical request without the payload's hash. It is signed in UTF-8, as botocore and the
   * SDK for JavaScript do it, although they send headers in Latin-1.
   */
  readonly canonicalHead: string
  readonly signature: string
  /** The SHA-256 of the body that the client states, in hex. Undefined if it states none. */
  readonly payloadHash: string | undefined
}

/** Whether the signature covers the payload's hash, so that it can be verified before the body. */
export function isPayloadHashSigned({ payloadHash, terms }: SignatureClaim): boolean {
  return payloadHash !== undefined && terms.names.includes('x-amz-content-sha256')
}

/** Checks what can be checked without the secret and the body. Caches the terms of clients, which
 * are the same in all their requests of a day. */
export class ClaimReader {
  readonly #terms = new GenerationalCache<Terms>(KEPT_CHARACTERS_MAX)
  readonly #dates = new DateCheck()

  /** @throws SignatureError */
  read(authorization: string, request: SignedRequest, nowMs: number): SignatureClaim {
    const date = request.header('x-amz-date') ?? ''
    const end = authorization.lastIndexOf(SIGNATURE_PART)
    const start = authorization.slice(0, Math.max(0, end))
    const kept = this.#terms.get(start)
    if (kept !== undefined && date.startsWith(kept.day)) {
      this.#dates.check(date, nowMs)
      const signature = authorization.slice(end + SIGNATURE_PART.length)
      return claimOf(kept, { date, signature }, request)
    }
    const parsed = parseAuthorization(authorization, date === '')
    this.#dates.check(date, nowMs)
    const terms = termsOf(parsed, date)
    const { Signature: signature } = parsed
    const isLast = authorization.length === end + SIGNATURE_PART.length + signature.length
    if (isLast) this.#terms.set(start, terms, authorization.length)
    return claimOf(terms, { date, signature }, request)
  }
}

function claimOf(
  terms: Terms,
  { date, signature }: Pick<SignatureClaim, 'date' | 'signature'>,
  request: SignedRequest,
): SignatureClaim {
  const { names, signedHeaders } = terms
  if (request.header('x-amz-target') !== undefined && !names.includes('x-amz-target')) {
    refuse({ is: 'header_unsigned', name: 'X-Amz-Target' })
  }
  if (request.query.size > 0) refuse({ is: 'query_not_empty' })
  if (request.header('x-amz-security-token') !== undefined) refuse({ is: 'key_unknown' })
  const payloadHash = request.header('x-amz-content-sha256')
  const isHash = payloadHash === undefined || SHA256.test(payloadHash)
  if (!isHash || !SIGNATURE.test(signature)) refuse({ is: 'mismatch' })
  const values: string[] = []
  let canonicalHead = CANONICAL_START
  for (const name of names) {
    const value = headerOf(name, request)
    values.push(value)
    canonicalHead += `${name}:${value}\n`
  }
  canonicalHead += `\n${signedHeaders}\n`
  return { terms, date, values, canonicalHead, signature, payloadHash }
}

function headerOf(name: string, request: SignedRequest): string {
  const value = request.header(name)
  if (value === undefined) refuse({ is: 'header_absent', name })
  return NOT_COLLAPSED.test(value) ? value.replaceAll(SPACES, ' ') : value
}

function refuse(fault: SignatureFault): never {
  throw new SignatureError(fault)
}
