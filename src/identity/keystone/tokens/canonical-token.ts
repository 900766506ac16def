import { UnauthorizedError } from '../../errors.ts'

/** Characters of a token. Keystone answers 431 to longer ones. */
const TOKEN_CHARACTERS_MAX = 8_190
/** Fernet and UUID tokens have one part, JWS tokens three. */
const TOKEN = /^[\w-]+(?:\.[\w-]+){0,2}$/
/** Prefix of Fernet tokens: the version and the first bits of a time before 2242. */
const FERNET = 'gAAAA'

/**
 * The token in a header's value, trimmed.
 *
 * @throws UnauthorizedError if it is missing or too long
 */
export function tokenOf(header: string | undefined): string {
  const token = header?.trim()
  if (!token || token.length > TOKEN_CHARACTERS_MAX) throw new UnauthorizedError()
  return token
}

/** Whether a token is in canonical form. Keystone ignores foreign characters, padding and the spare
 * bits of the last character, so one token has many spellings, and each would be validated
 * again. */
export function isCanonical(token: string): boolean {
  if (!TOKEN.test(token)) return false
  const isBase64 = token.startsWith(FERNET) || token.includes('.')
  return !isBase64 || token.split('.').every(isCanonicalBase64)
}

function isCanonicalBase64(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text
}
