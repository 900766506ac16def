import type { ParamIndexMap, ParamStash, Params } from 'hono/router'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { SmartRouter } from 'hono/router/smart-router'
import { TrieRouter } from 'hono/router/trie-router'
import type { Wire } from '../dialect/wire.ts'
import { type Endpoint, endpointsOf } from './endpoint.ts'
import type { PathParams } from './exchange.ts'

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

  constructor(wires: readonly Wire[]) {
    this.endpoints = wires.flatMap(endpointsOf)
    for (const endpoint of this.endpoints) {
      this.#router.add(endpoint.method, endpoint.path, endpoint)
    }
  }

  /** Like Hono, treats HEAD as GET. */
  match(method: string, path: string): RouteMatch | undefined {
    const [[found], stash] = this.#router.match(method === 'HEAD' ? 'GET' : method, path)
    if (found === undefined) return undefined
    const [endpoint, indices] = found
    return new RouteMatch(endpoint, indices, stash)
  }
}
