import type { Authenticator } from '../../identity/authenticator.ts'
import type { Identity } from '../../identity/request-context.ts'
import type { MagnetoDBError } from '../../model/errors.ts'
import { RequestToAuthenticate } from '../request-to-authenticate.ts'
import { type Answer, JSON_TYPE, type Route, type Wire, type WireRequest } from '../wire.ts'
import { encodeError } from './errors.ts'
import { V1_BULK_LOAD, V1_ROUTES } from './routes.ts'

/** Service type in the catalog by which clients find the listener for bulk loads. */
const STREAMING_SERVICE_TYPE = 'kv-streaming'

/** The v1 data API. */
export function dataWire(authenticator: Authenticator): Wire {
  return new MagnetodbWire(authenticator, V1_ROUTES)
}

/** Only the bulk loads of the v1 data API. */
export function streamingWire(authenticator: Authenticator): Wire {
  return new MagnetodbWire(authenticator, [], STREAMING_SERVICE_TYPE)
}

/** MagnetoDB's API: JSON, tokens in `X-Auth-Token`, and paths that name a project. */
class MagnetodbWire implements Wire {
  readonly name = 'magnetodb'
  readonly contentType = JSON_TYPE
  readonly routes: readonly Route[]
  readonly uploads = [V1_BULK_LOAD]
  readonly #authenticator: Authenticator
  readonly #serviceType: string | undefined

  constructor(authenticator: Authenticator, routes: readonly Route[], serviceType?: string) {
    this.#authenticator = authenticator
    this.routes = routes
    this.#serviceType = serviceType
  }

  owns({ path }: Pick<WireRequest, 'path'>): boolean {
    return path.startsWith('/v1/')
  }

  known(request: WireRequest): Identity | undefined {
    const asked = new RequestToAuthenticate(request, this.#serviceType)
    return this.#authenticator.known(request.header('x-auth-token'), asked)
  }

  identify(request: WireRequest): Promise<Identity> {
    const asked = new RequestToAuthenticate(request, this.#serviceType)
    return this.#authenticator.authenticate(request.header('x-auth-token'), asked)
  }

  encodeError(error: MagnetoDBError): Answer {
    const answer = encodeError(error)
    const challenge = this.#authenticator.wwwAuthenticate
    if (error.code !== 'unauthenticated' || challenge === undefined) return answer
    return { ...answer, headers: { 'WWW-Authenticate': challenge } }
  }
}
