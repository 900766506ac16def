import type { Authenticator } from '../../identity/authenticator.ts'
import type { Identity } from '../../identity/request-context.ts'
import { isSignature, parseAuthorization } from '../../identity/sigv4/authorization.ts'
import { SignatureError } from '../../identity/sigv4/signature-error.ts'
import { RequestToAuthenticate } from '../request-to-authenticate.ts'
import type { WireRequest } from '../wire.ts'
import { Refusal } from './refusal.ts'
import { SignatureCheck } from './signature-check.ts'

/** Identifies callers by signature or by Keystone token. */
export class Callers {
  readonly #authenticator: Authenticator

  constructor(authenticator: Authenticator) {
    this.#authenticator = authenticator
  }

  /** Undefined if `identify` must be called. @throws MagnetoDBError */
  known(request: WireRequest): Identity | undefined {
    const authorization = request.header('authorization')
    const token = request.header('x-auth-token')
    if (isSignature(authorization)) {
      if (token !== undefined) throw new SignatureError({ is: 'token_and_signature' })
      return this.#byAccessKey(authorization)
    }
    if (token !== undefined)
      return this.#authenticator.known(token, new RequestToAuthenticate(request))
    throw new Refusal(
      'MissingAuthenticationTokenException',
      'Request is missing Authentication Token',
      { is: 'unauthenticated' },
    )
  }

  /** @throws MagnetoDBError, also as a rejection */
  identify(request: WireRequest): Identity | Promise<Identity> {
    const { signatures } = this.#authenticator
    const authorization = request.header('authorization')
    if (signatures !== undefined && isSignature(authorization)) {
      return new SignatureCheck(signatures, authorization, request).identity()
    }
    return this.#authenticator.authenticate(
      request.header('x-auth-token'),
      new RequestToAuthenticate(request),
    )
  }

  /** The request's project, if its signature is right. */
  claimedProject(request: WireRequest): string | undefined {
    const { signatures } = this.#authenticator
    const accessKey = accessKeyIn(request.header('authorization'))
    if (accessKey === undefined) return undefined
    return signatures?.projectOf(accessKey, new RequestToAuthenticate(request))
  }

  #byAccessKey(authorization: string): Identity | undefined {
    const authenticator = this.#authenticator
    if (authenticator.byAccessKey === undefined) return undefined
    const [accessKey = ''] = parseAuthorization(authorization).Credential.split('/')
    return authenticator.byAccessKey(accessKey)
  }
}

const CREDENTIAL = 'Credential='

/** The access key, if the header has one in its usual place. Used only to choose a share. */
function accessKeyIn(authorization = ''): string | undefined {
  const credential = authorization.indexOf(CREDENTIAL)
  const start = credential + CREDENTIAL.length
  const end = authorization.indexOf('/', start)
  return credential === -1 || end <= start ? undefined : authorization.slice(start, end)
}
