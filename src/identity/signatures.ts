import type { Identity } from './request-context.ts'
import type { SignatureClaim, SignedRequest } from './sigv4/claim.ts'

/** Where a signed request comes from. */
export interface SignedOrigin {
  /** IP address of the peer: the client, or a proxy. */
  readonly address?: string | undefined
  /** The raw value of `X-Forwarded-For`. */
  readonly forwardedFor?: string | undefined
}

/** Verifies signed requests, in the order of its methods. */
export interface Signatures {
  /**
   * The project of an access key, if this process knows it. The request may still be forged.
   * Undefined for an address that has sent many invalid credentials lately.
   */
  projectOf(accessKey: string, origin: SignedOrigin): string | undefined

  /** Checks all that can be said without secret and body. @throws SignatureError */
  read(authorization: string, request: SignedRequest): SignatureClaim

  /**
   * Called before the body of a request is received, if its signature cannot be verified without.
   *
   * @returns the project that the body is to count for; undefined if it is a stranger's
   * @throws SignatureError or IdentityUnavailableError
   */
  admitBody(claim: SignatureClaim, origin: SignedOrigin): string | undefined

  /** Counts a request whose body did not come, or is not the one that was signed. */
  failed(origin: SignedOrigin): void

  /**
   * The identity of the access key's owner.
   *
   * @param payloadHash the SHA-256 of the body, in hex
   * @throws SignatureError, ForbiddenScopeError or IdentityUnavailableError, and no other
   */
  verify(claim: SignatureClaim, payloadHash: string, origin: SignedOrigin): Promise<Identity>
}
