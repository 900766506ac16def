import { IdentityUnavailableError } from '../../errors.ts'
import type { HttpResponse } from '../http-client.ts'
import { askAsService, type KeystoneParts } from '../login/ask-as-service.ts'
import { parseTokenBody, type TokenBody } from './token-body.ts'

export interface Validation {
  readonly body: TokenBody
  /** Keystone's answer. */
  readonly text: string
}

export interface ValidationQuestion {
  /** 1 to 8190 characters of `[\x21-\x7e]`, sent as a header. */
  readonly token: string
  /** Accept a token that expired within Keystone's `allow_expired_window`. */
  readonly allowExpired: boolean
  /** A time of `performance.now()`. */
  readonly deadlineMs: number
}

/**
 * Validates one token with Keystone. Sends the header of access rules, without which Keystone hides
 * tokens that have them.
 *
 * @returns undefined if Keystone says that the token is invalid
 * @throws IdentityUnavailableError if Keystone gives no verdict
 */
export async function validateToken(
  parts: KeystoneParts,
  { token, allowExpired, deadlineMs }: ValidationQuestion,
): Promise<Validation | undefined> {
  const question = {
    path: `/auth/tokens?nocatalog${allowExpired ? '&allow_expired=1' : ''}`,
    headers: { 'x-subject-token': token, 'openstack-identity-access-rules': '1' },
  }
  return read(await askAsService(parts, question, deadlineMs))
}

function read(response: HttpResponse): Validation | undefined {
  switch (response.status) {
    case 200: {
      const body = parseTokenBody(response.body)
      if (body !== undefined) return { body, text: response.body }
      throw new IdentityUnavailableError('the answer is not a token as Keystone documents it')
    }
    case 404:
      return undefined
    // A web server in front of Keystone refuses the longest tokens, since its limit includes the
    // header's name.
    case 431:
      return undefined
    case 401:
      throw new IdentityUnavailableError("Keystone refuses the service's own token")
    case 403:
      throw new IdentityUnavailableError(
        "the service's user may not validate tokens: give it the role `service`",
      )
    default:
      throw new IdentityUnavailableError(`Keystone answered ${response.status}`)
  }
}
