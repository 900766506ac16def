import type { AuthenticatedRequest, Authenticator } from '../../identity/authenticator.ts'
import type { Identity } from '../../identity/request-context.ts'
import type { WireRequest } from '../wire.ts'
import { Refusal } from './refusal.ts'

/** The access key of a signature, version 4. It is followed by the scope of the signature. */
const CREDENTIAL = /^AWS4-HMAC-SHA256 (?:.*[, ])?Credential=([^/,= ]{1,255})\//

/** Who calls: by a token of Keystone, or, where nothing is checked, by an access key alone. */
export class Callers {
  readonly #authenticator: Authenticator

  constructor(authenticator: Authenticator) {
    this.#authenticator = authenticator
  }

  /** Undefined where Keystone has to be asked about the token. @throws MagnetoDBError */
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
