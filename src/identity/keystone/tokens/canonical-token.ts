import { UnauthorizedError } from '../../errors.ts'

/** Keystone itself answers 431 to longer ones. */
const TOKEN_CHARACTERS_MAX = 8_190
/** Fernet and UUID tokens have one part, JWS tokens three. */
const TOKEN = /^[\w-]+(?:\.[\w-]+){0,2}$/
/** The version of Fernet and the first bits of a time before the year 2242. */
const FERNET = 'gAAAA'

/**
 * The token in a header's value, without the white space around it.
 *
 * @throws UnauthorizedError for none, or one that is too long for Keystone
 */
export function tokenOf(header: string | undefined): string {
  const token = header?.trim()
  if (!token || token.length > TOKEN_CHARACTERS_MAX) throw new UnauthorizedError()
  return token
}

/**
 * Whether a token is written as Keystone writes it. Keystone passes over foreign characters, more
 * padding and the last character's spare bits, so one token could be brought in any number of
 * spellings, each of which would be asked about.
 */
export function isCanonical(token: string): boolean {
  if (!TOKEN.test(token)) return false
  const isBase64 = token.startsWith(FERNET) || token.includes('.')
  return !isBase64 || token.split('.').every(isCanonicalBase64)
}

function isCanonicalBase64(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text
}
