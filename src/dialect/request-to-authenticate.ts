import type { AuthenticatedRequest } from '../identity/authenticator.ts'
import type { WireRequest } from './wire.ts'

/** A request as an authenticator sees it. Reads what is asked for: of a known caller, little. */
export class RequestToAuthenticate implements AuthenticatedRequest {
  readonly #request: WireRequest
  readonly serviceType: string | undefined

  /** @param serviceType in the catalog; default: that of the data API */
  constructor(request: WireRequest, serviceType?: string) {
    this.#request = request
    this.serviceType = serviceType
  }

  get method(): string {
    return this.#request.method
  }

  get path(): string {
    return this.#request.path
  }

  get address(): string | undefined {
    return this.#request.address
  }

  get forwardedFor(): string | undefined {
    return this.#request.header('x-forwarded-for')
  }

  get serviceToken(): string | undefined {
    return this.#request.header('x-service-token')
  }
}
