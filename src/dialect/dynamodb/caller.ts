import type { AuthenticatedRequest, Authenticator } from '../../identity/authenticator.ts'
import type { Identity } from '../../identity/request-context.ts'
import type { WireRequest } from '../wire.ts'
import { Refusal } from './refusal.ts'

/** Matches the access key of a signature (version 4), which its scope follows. */
const CREDENTIAL = /^AWS4-HMAC-SHA256 (?:.*[, ])?Credential=([^/,= ]{1,255})\//

/** Identifies callers by Keystone token or, with noauth, by access key. */
export class Callers {
  readonly #authenticator: Authenticator

  constructor(authenticator: Authenticator) {
    this.#authenticator = authenticator
  }

  /** Undefined if Keystone must validate the token. @throws MagnetoDBError */
  known(request: WireRequest): Identity | undefined {
    const token = request.header('x-auth-token')
    if (token !== undefined) return this.#authenticator.known(token, asked(request))
    const authorization = request.header('authorization')
    if (authorization === undefined) {
      throw new Refusal(
        'MissingAuthenticationTokenException',
        'Request is missing Authentication Token',
        { is: 'unauthenticated' },
      )
    }
    const [, accessKey] = CREDENTIAL.exec(authorization) ?? []
    const identity = accessKey && this.#authenticator.byAccessKey?.(accessKey)
    if (identity) return identity
    throw new Refusal(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
      { is: 'unauthenticated' },
    )
  }

  /** @throws (rejects with) MagnetoDBError */
  identify(request: WireRequest): Promise<Identity> {
    return this.#authenticator.authenticate(request.header('x-auth-token'), asked(request))
  }
}

function asked(request: WireRequest): AuthenticatedRequest {
  return {
    method: request.method,
    path: request.path,
    address: request.address,
    forwardedFor: request.header('x-forwarded-for'),
    serviceToken: request.header('x-service-token'),
  }
}
