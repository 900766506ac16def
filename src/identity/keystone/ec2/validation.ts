import { IdentityUnavailableError } from '../../errors.ts'
import type { SignatureClaim } from '../../sigv4/claim.ts'
import { ALGORITHM } from '../../sigv4/terms.ts'
import type { HttpResponse } from '../http-client.ts'
import { objectOf, parseJsonObject } from '../json.ts'
import { ask, type KeystoneParts } from '../login/ask-as-service.ts'
import { parseTokenBody, type TokenBody } from '../tokens/token-body.ts'
import type { OwnToken } from './own-token.ts'

/** A signed request and the SHA-256 of its body as received. */
export interface SignedPayload {
  readonly claim: SignatureClaim
  readonly payloadHash: string
}

/** `invalid`: the signature is wrong, or the user, its project or its roles do not allow access. */
export type Ec2Verdict = TokenBody | 'invalid' | 'unknown_key'

export interface Ec2Parts extends KeystoneParts {
  readonly ownToken: OwnToken
}

/**
 * Asks Keystone to validate a signed request.
 *
 * @param deadlineMs by `performance.now()`
 * @throws IdentityUnavailableError if Keystone gives no usable answer
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

/** Keystone requires three of the names in exactly this case, all of these members, and values
 * without repeated spaces; otherwise it fails. Unsigned headers are not sent to it. */
function ec2Request({ claim, payloadHash }: SignedPayload): string {
  const { terms, signature, date, values } = claim
  const { accessKey, scope, signedHeaders, names } = terms
  const headers: Record<string, string> = {}
  let host = ''
  for (const [at, name] of names.entries()) {
    const value = values[at] ?? ''
    if (name === 'host') host = value
    else if (name !== 'x-amz-date' && name !== 'authorization') headers[name] = value
  }
  headers.Authorization =
    `${ALGORITHM} Credential=${accessKey}/${scope}, ` +
    `SignedHeaders=${signedHeaders}, Signature=${signature}`
  headers['X-Amz-Date'] = date
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
      // From Keystone itself, not from a web server that does not know the path.
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
