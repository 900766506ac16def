import { IdentityUnavailableError } from '../../errors.ts'
import type { SignatureClaim } from '../../sigv4/claim.ts'
import { ALGORITHM } from '../../sigv4/terms.ts'
import type { HttpResponse } from '../http-client.ts'
import { objectOf, parseJsonObject } from '../json.ts'
import { ask, type KeystoneParts } from '../login/ask-as-service.ts'
import { parseTokenBody, type TokenBody } from '../tokens/token-body.ts'
import type { OwnToken } from './own-token.ts'

/** A signed request, with the SHA-256 of the body that was received. */
export interface SignedPayload {
  readonly claim: SignatureClaim
  readonly payloadHash: string
}

/** `invalid`: the signature, or the state of user, project or roles. */
export type Ec2Verdict = TokenBody | 'invalid' | 'unknown_key'

export interface Ec2Parts extends KeystoneParts {
  readonly ownToken: OwnToken
}

/**
 * Asks Keystone about a signed request.
 *
 * @param deadlineMs of `performance.now()`
 * @throws IdentityUnavailableError if Keystone does not say
 */
export async function validateSignature(
  { http, serviceToken, ownToken }: Ec2Parts,
  signed: SignedPayload,
  deadlineMs: number,
): Promise<Ec2Verdict> {
  const question = {
    path: '/ec2tokens',
    headers: { 'openstack-identity-access-rules': '1' },
    body: ec2Request(signed),
  }
  const session = await serviceToken.session(deadlineMs)
  const response = await ask(http, session, question, deadlineMs)
  const isOurs = response.status === 401 && !(await ownToken.isGood(session, deadlineMs))
  if (!isOurs) return read(response)
  const next = await serviceToken.sessionAfter(session, deadlineMs)
  return read(await ask(http, next, question, deadlineMs))
}

/** Keystone expects three of the names in exactly this case, all of these members, and values
 * without runs of spaces; otherwise it fails. Headers that are not signed are not its business. */
function ec2Request({ claim, payloadHash }: SignedPayload): string {
  const { accessKey, signature, scope, signedHeaders } = claim
  const headers: Record<string, string> = {}
  let host = ''
  for (const [name, value] of claim.headers) {
    if (name === 'host') host = value
    else if (name !== 'x-amz-date' && name !== 'authorization') headers[name] = value
  }
  headers.Authorization =
    `${ALGORITHM} Credential=${accessKey}/${scope}, ` +
    `SignedHeaders=${signedHeaders}, Signature=${signature}`
  headers['X-Amz-Date'] = claim.date
  headers.Host = host
  const request = { access: accessKey, signature, host, verb: 'POST', path: '/', params: {} }
  return JSON.stringify({ credentials: { ...request, headers, body_hash: payloadHash } })
}

function read({ status, body }: HttpResponse): Ec2Verdict {
  switch (status) {
    case 200: {
      const token = parseTokenBody(body)
      if (token !== undefined) return token
      throw new IdentityUnavailableError('the answer is not a token as Keystone documents it')
    }
    case 401:
      return 'invalid'
    case 404:
      // Of Keystone itself, not of a web server that does not know the path.
      if (objectOf(parseJsonObject(body)?.error) !== undefined) return 'unknown_key'
      throw new IdentityUnavailableError('Keystone has no /v3/ec2tokens')
    case 403:
      throw new IdentityUnavailableError(
        "the service's user may not validate EC2 signatures: give it the role `service`",
      )
    default:
      throw new IdentityUnavailableError(`Keystone answered ${status} about a signature`)
  }
}
