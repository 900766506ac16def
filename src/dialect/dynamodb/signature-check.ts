import type { Identity } from '../../identity/request-context.ts'
import type { BodyShare, Signatures, SignedOrigin } from '../../identity/signatures.ts'
import { isPayloadHashSigned, type SignatureClaim } from '../../identity/sigv4/claim.ts'
import { payloadHashOf } from '../../identity/sigv4/payload-hash.ts'
import { SignatureError } from '../../identity/sigv4/signature-error.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { REQUEST_BODY_BYTES_MAX } from '../../model/limits.ts'
import type { Reason } from '../../model/reasons.ts'
import { RequestToAuthenticate } from '../request-to-authenticate.ts'
import type { WireRequest } from '../wire.ts'

/** Failures to receive the body that the client has announced. */
const BODY_FAILURES: ReadonlySet<Reason['is']> = new Set([
  'body_too_slow',
  'body_too_large',
  'caller_gone',
])

/** The check of one request's signature. */
export class SignatureCheck {
  readonly #signatures: Signatures
  readonly #request: WireRequest
  readonly #origin: SignedOrigin
  readonly #claim: SignatureClaim

  /** @throws SignatureError */
  constructor(signatures: Signatures, authorization: string, request: WireRequest) {
    this.#signatures = signatures
    this.#request = request
    this.#origin = new RequestToAuthenticate(request)
    this.#claim = signatures.read(authorization, request)
  }

  /**
   * Identifies the caller, before the body arrives if the client has signed the body's hash, as the
   * SDK for JavaScript does; otherwise afterwards.
   *
   * @returns a promise only if there is something to wait for: the body, or Keystone
   * @throws MagnetoDBError, also as a rejection
   */
  identity(): Identity | Promise<Identity> {
    const { payloadHash } = this.#claim
    if (payloadHash !== undefined && isPayloadHashSigned(this.#claim)) {
      return this.#beforeBody(payloadHash)
    }
    const hashing = this.#hash(this.#signatures.admitBody(this.#claim, this.#origin))
    if (typeof hashing === 'string') return this.#verified(hashing)
    return hashing.then((received) => this.#verified(received))
  }

  async #beforeBody(payloadHash: string): Promise<Identity> {
    const identity = await this.#verified(payloadHash)
    await this.#hash({ name: identity.projectId, isStranger: false })
    return identity
  }

  #verified(payloadHash: string): Identity | Promise<Identity> {
    const signatures = this.#signatures
    const known = signatures.known(this.#claim, payloadHash)
    return known ?? signatures.verify(this.#claim, payloadHash, this.#origin)
  }

  /** The hash of the body, which is the one that the client states, if it states one. */
  #hash(share: BodyShare): string | Promise<string> {
    const receiving = this.#receive(share)
    if (receiving instanceof Promise) return receiving.then((body) => this.#hashOf(body))
    return this.#hashOf(receiving)
  }

  #receive(share: BodyShare): Buffer | Promise<Buffer> {
    try {
      const receiving = this.#request.receiveUnidentified(REQUEST_BODY_BYTES_MAX, share)
      return receiving instanceof Promise
        ? receiving.catch((error) => this.#fail(error))
        : receiving
    } catch (error) {
      return this.#fail(error)
    }
  }

  #fail(error: unknown): never {
    const isFailure = error instanceof MagnetoDBError && BODY_FAILURES.has(error.reason.is)
    if (isFailure) this.#signatures.failed(this.#origin)
    throw error
  }

  #hashOf(body: Buffer): string | Promise<string> {
    const hashing = payloadHashOf(body)
    if (typeof hashing === 'string') return this.#asStated(hashing)
    return hashing.then((received) => this.#asStated(received))
  }

  #asStated(received: string): string {
    const { payloadHash } = this.#claim
    if (payloadHash === undefined || payloadHash === received) return received
    this.#signatures.failed(this.#origin)
    throw new SignatureError({ is: 'mismatch' })
  }
}
