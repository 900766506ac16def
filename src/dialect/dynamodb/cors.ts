import type { WireRequest } from '../wire.ts'

/** Seconds for which a browser may cache a preflight answer. */
const MAX_AGE_SECONDS = 172_800
/** Headers that a preflight request must ask for. */
const TARGET_HEADER = /(?:^|[\s,])x-amz-target(?:[\s,]|$)/i

/** Web pages of these origins may call the service. `*` stands for all. */
export class Cors {
  readonly #origins: ReadonlySet<string>

  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins)
  }

  /** Whether this is a browser's preflight request for this wire. */
  isPreflight(request: Pick<WireRequest, 'method' | 'path' | 'header'>): boolean {
    if (request.method !== 'OPTIONS' || request.path !== '/') return false
    return TARGET_HEADER.test(request.header('access-control-request-headers') ?? '')
  }

  /** CORS headers of an answer; undefined if the origin is not allowed. */
  headersFor(request: WireRequest): Readonly<Record<string, string>> | undefined {
    const origin = request.header('origin')
    if (origin === undefined || this.#origins.size === 0) return undefined
    const isAnyAllowed = this.#origins.has('*')
    if (!isAnyAllowed && !this.#origins.has(origin)) return undefined
    const allowed = {
      'Access-Control-Allow-Origin': isAnyAllowed ? '*' : origin,
      ...(!isAnyAllowed && { Vary: 'Origin' }),
    }
    if (request.method !== 'OPTIONS') {
      return { ...allowed, 'Access-Control-Expose-Headers': 'x-amzn-RequestId,x-amz-crc32' }
    }
    return {
      ...allowed,
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': request.header('access-control-request-headers') ?? '',
      'Access-Control-Max-Age': `${MAX_AGE_SECONDS}`,
    }
  }
}
