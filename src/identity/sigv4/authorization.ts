import { type AuthorizationPart, SignatureError } from './signature-error.ts'

/** Characters of an Authorization header. SDKs send about 300. */
const AUTHORIZATION_CHARACTERS_MAX = 4_096
const SCHEME = 'AWS4-'
/** The form that SDKs send. Parsing it is much cheaper than the general form. */
const USUAL =
  /^(AWS4-[A-Z0-9-]+) Credential=([^\s,]+), ?SignedHeaders=([^\s,]+), ?Signature=([^\s,]+)$/
const PARTS: readonly AuthorizationPart[] = ['Credential', 'Signature', 'SignedHeaders']

/** The parts of an Authorization header, not checked. */
export interface Authorization {
  readonly algorithm: string
  readonly Credential: string
  readonly SignedHeaders: string
  readonly Signature: string
}

/** Whether an Authorization header has the scheme of AWS Signature Version 4. */
export function isSignature(authorization: string | undefined): authorization is string {
  return authorization?.startsWith(SCHEME) ?? false
}

/**
 * Parses an Authorization header. Its parts may be in any order, with any white space after commas.
 *
 * @param isDateMissing whether errors must name the date among the missing parts
 * @throws SignatureError
 */
export function parseAuthorization(authorization: string, isDateMissing = false): Authorization {
  if (authorization.length > AUTHORIZATION_CHARACTERS_MAX) throw new SignatureError(TOO_LONG)
  const usual = isDateMissing ? null : USUAL.exec(authorization)
  if (usual !== null) {
    const [, algorithm = '', Credential = '', SignedHeaders = '', Signature = ''] = usual
    return { algorithm, Credential, SignedHeaders, Signature }
  }
  const space = authorization.indexOf(' ')
  const algorithm = space === -1 ? authorization : authorization.slice(0, space)
  const found: Partial<Record<AuthorizationPart, string>> = {}
  for (const each of space === -1 ? [] : authorization.slice(space + 1).split(',')) {
    const pair = each.trim()
    const equals = pair.indexOf('=')
    const name = PARTS.find((part) => part.length === equals && pair.startsWith(part))
    if (pair === '') continue
    if (name === undefined || found[name] !== undefined) {
      throw new SignatureError({ is: 'pair_malformed', authorization })
    }
    found[name] = pair.slice(equals + 1)
  }
  const { Credential, SignedHeaders, Signature } = found
  if (!Credential || !SignedHeaders || !Signature || isDateMissing) {
    const parts = PARTS.filter((part) => !found[part])
    throw new SignatureError({ is: 'parts_missing', parts, isDateMissing, authorization })
  }
  return { algorithm, Credential, SignedHeaders, Signature }
}

const TOO_LONG = { is: 'too_long' } as const
