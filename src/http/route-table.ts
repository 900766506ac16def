import type { ParamIndexMap, ParamStash, Params } from 'hono/router'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { SmartRouter } from 'hono/router/smart-router'
import { TrieRouter } from 'hono/router/trie-router'
import { GenerationalCache } from '../cache/generational-cache.ts'
import type { Wire } from '../dialect/wire.ts'
import { type Endpoint, endpointsOf } from './endpoint.ts'
import type { PathParams } from './exchange.ts'

/** Bytes of the cached matches, with their paths, for each method. */
const CACHED_BYTES_MAX = 1024 * 1024
/** Bytes of an entry beside its path, about. */
const MATCH_BYTES = 500

/** A matched route. Parameters are extracted on demand. */
export class RouteMatch implements PathParams {
  readonly endpoint: Endpoint
  readonly #indices: Params | ParamIndexMap
  readonly #stash: ParamStash | undefined

  constructor(endpoint: Endpoint, indices: Params | ParamIndexMap, stash?: ParamStash) {
    this.endpoint = endpoint
    this.#indices = indices
    this.#stash = stash
  }

  param(name: string): string | undefined {
    const index = this.#indices[name]
    return typeof index === 'number' ? this.#stash?.[index] : index
  }
}

/** The endpoints of all wires, shared by both transports. */
export class RouteTable {
  readonly endpoints: readonly Endpoint[]
  readonly #router = new SmartRouter<Endpoint>({ routers: [new RegExpRouter(), new TrieRouter()] })
  /** By method, then by path: clients repeat theirs. A match costs a hundredth of a GetItem. */
  readonly #matches = new Map<string, GenerationalCache<RouteMatch>>()

  constructor(wires: readonly Wire[]) {
    this.endpoints = wires.flatMap(endpointsOf)
    for (const endpoint of this.endpoints) {
      this.#router.add(endpoint.method, endpoint.path, endpoint)
    }
    for (const method of new Set(this.endpoints.map((endpoint) => endpoint.method))) {
      this.#matches.set(method, new GenerationalCache(CACHED_BYTES_MAX))
    }
  }

  /** Like Hono, treats HEAD as GET. */
  match(method: string, path: string): RouteMatch | undefined {
    const routed = method === 'HEAD' ? 'GET' : method
    const cache = this.#matches.get(routed)
    const cached = cache?.get(path)
    if (cached !== undefined) return cached
    const [[found], stash] = this.#router.match(routed, path)
    if (found === undefined) return undefined
    const [endpoint, indices] = found
    const match = new RouteMatch(endpoint, indices, stash)
    cache?.set(path, match, MATCH_BYTES + path.length)
    return match
  }
}
