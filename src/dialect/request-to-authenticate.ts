import type { AuthenticatedRequest } from '../identity/authenticator.ts'
import type { WireRequest } from './wire.ts'

/** A request as an authenticator sees it. Reads headers only if they are asked for: a known caller
 * needs one. */
export class RequestToAuthenticate implements AuthenticatedRequest {
  readonly #request: WireRequest
  readonly serviceType: string | undefined
  /** Read at once, since a closed connection may have none. */
  readonly address: string | undefined

  /** @param serviceType in the catalog; default: that of the data API */
  constructor(request: WireRequest, serviceType?: string) {
    this.#request = request
    this.serviceType = serviceType
    this.address = request.address
  }

  get method(): string {
    return this.#request.method
  }

  get path(): string {
    return this.#request.path
  }

  get forwardedFor(): string | undefined {
    return this.#request.header('x-forwarded-for')
  }

  get serviceToken(): string | undefined {
    return this.#request.header('x-service-token')
  }
}
