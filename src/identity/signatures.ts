import type { Identity } from './request-context.ts'
import type { SignatureClaim, SignedRequest } from './sigv4/claim.ts'

/** The origin of a signed request. */
export interface SignedOrigin {
  /** IP address of the peer: the client, or a proxy. */
  readonly address?: string | undefined
  /** The raw value of `X-Forwarded-For`. */
  readonly forwardedFor?: string | undefined
}

/** The share for which a body counts until its caller is known. */
export interface BodyShare {
  /** Also contains an address, so that forged requests delay no other address. */
  readonly name: string
  /** Whether the access key is unknown. */
  readonly isStranger: boolean
}

/** Verifies signed requests, in the order of its methods. */
export interface Signatures {
  /**
   * The project of an access key, if this process knows it. The request may still be forged.
   * Undefined for an address that has sent many invalid credentials lately.
   */
  projectOf(accessKey: string, origin: SignedOrigin): string | undefined

  /** Checks everything that needs neither secret nor body. @throws SignatureError */
  read(authorization: string, request: SignedRequest): SignatureClaim

  /**
   * Called before a body is received, if the signature cannot be verified without it.
   *
   * @throws SignatureError or IdentityUnavailableError
   */
  admitBody(claim: SignatureClaim, origin: SignedOrigin): BodyShare

  /** Counts a request whose body did not arrive or differs from the signed one. */
  failed(origin: SignedOrigin): void

  /**
   * The identity of the access key's owner if this process knows both, else undefined: call
   * `verify`.
   *
   * @throws SignatureError or ForbiddenScopeError
   */
  known(claim: SignatureClaim, payloadHash: string): Identity | undefined

  /**
   * The identity of the access key's owner. May ask Keystone.
   *
   * @param payloadHash the SHA-256 of the body, in hex
   * @throws SignatureError, ForbiddenScopeError or IdentityUnavailableError, and no other
   */
  verify(claim: SignatureClaim, payloadHash: string, origin: SignedOrigin): Promise<Identity>
}
