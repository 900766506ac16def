import type { Authenticator } from '../../identity/authenticator.ts'
import type { Identity } from '../../identity/request-context.ts'
import type { Signatures } from '../../identity/signatures.ts'
import { isSignature, parseAuthorization } from '../../identity/sigv4/authorization.ts'
import { isPayloadHashSigned } from '../../identity/sigv4/claim.ts'
import { payloadHashOf } from '../../identity/sigv4/payload-hash.ts'
import { SignatureError } from '../../identity/sigv4/signature-error.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { REQUEST_BODY_BYTES_MAX } from '../../model/limits.ts'
import type { Reason } from '../../model/reasons.ts'
import { RequestToAuthenticate } from '../request-to-authenticate.ts'
import type { WireRequest } from '../wire.ts'
import { Refusal } from './refusal.ts'

/** Failures to receive the body that the client has announced. */
const BODY_FAILURES: ReadonlySet<Reason['is']> = new Set([
  'body_too_slow',
  'body_too_large',
  'caller_gone',
])

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

  /** @throws (rejects with) MagnetoDBError */
  identify(request: WireRequest): Promise<Identity> {
    const { signatures } = this.#authenticator
    const authorization = request.header('authorization')
    if (signatures !== undefined && isSignature(authorization)) {
      return bySignature(signatures, authorization, request)
    }
    return this.#authenticator.authenticate(
      request.header('x-auth-token'),
      new RequestToAuthenticate(request),
    )
  }

  /** The request's project, if its signature is right. */
  claimedProject(request: WireRequest): string | undefined {
    const { signatures } = this.#authenticator
    const accessKey = signatures && accessKeyIn(request.header('authorization'))
    return accessKey && signatures.projectOf(accessKey, new RequestToAuthenticate(request))
  }

  #byAccessKey(authorization: string): Identity | undefined {
    const authenticator = this.#authenticator
    if (authenticator.byAccessKey === undefined) return undefined
    const [accessKey = ''] = parseAuthorization(authorization).Credential.split('/')
    return authenticator.byAccessKey(accessKey)
  }
}

/** Verifies the signature before the body arrives if the client has signed the body's hash, as the
 * SDK for JavaScript does; otherwise afterwards. */
async function bySignature(
  signatures: Signatures,
  authorization: string,
  request: WireRequest,
): Promise<Identity> {
  const origin = new RequestToAuthenticate(request)
  const claim = signatures.read(authorization, request)
  const { payloadHash } = claim
  const early =
    payloadHash !== undefined && isPayloadHashSigned(claim)
      ? (signatures.known(claim, payloadHash) ??
        (await signatures.verify(claim, payloadHash, origin)))
      : undefined
  const share =
    early === undefined
      ? signatures.admitBody(claim, origin)
      : { name: early.projectId, isStranger: false }
  let received: string
  try {
    const receiving = request.receiveUnidentified(REQUEST_BODY_BYTES_MAX, share)
    const body = receiving instanceof Promise ? await receiving : receiving
    const hashing = payloadHashOf(body)
    received = typeof hashing === 'string' ? hashing : await hashing
  } catch (error) {
    const isFailure = error instanceof MagnetoDBError && BODY_FAILURES.has(error.reason.is)
    if (isFailure) signatures.failed(origin)
    throw error
  }
  if ((payloadHash ?? received) !== received) {
    signatures.failed(origin)
    throw new SignatureError({ is: 'mismatch' })
  }
  const known = early ?? signatures.known(claim, received)
  return known ?? signatures.verify(claim, received, origin)
}

const CREDENTIAL = 'Credential='

/** The access key, if the header has one in its usual place. Used only to choose a share. */
function accessKeyIn(authorization = ''): string | undefined {
  const start = authorization.indexOf(CREDENTIAL)
  const end = authorization.indexOf('/', start)
  if (start === -1 || end === -1) return undefined
  return authorization.slice(start + CREDENTIAL.length, end)
}
