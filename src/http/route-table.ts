import { RegExpRouter } from 'hono/router/reg-exp-router'
import { SmartRouter } from 'hono/router/smart-router'
import { TrieRouter } from 'hono/router/trie-router'
import type { Wire } from '../dialect/wire.ts'
import { type Endpoint, endpointsOf } from './endpoint.ts'

export interface RouteMatch {
  readonly endpoint: Endpoint
  readonly params: Readonly<Record<string, string>>
}

/** The endpoints of all wires. Both transports serve from this one table. */
export class RouteTable {
  readonly endpoints: readonly Endpoint[]
  readonly #router = new SmartRouter<Endpoint>({ routers: [new RegExpRouter(), new TrieRouter()] })

  constructor(wires: readonly Wire[]) {
    this.endpoints = wires.flatMap(endpointsOf)
    for (const endpoint of this.endpoints) {
      this.#router.add(endpoint.method, endpoint.path, endpoint)
    }
  }

  /** As Hono's own application would route it: HEAD is a GET without a body. */
  match(method: string, path: string): RouteMatch | undefined {
    const [[found], stash] = this.#router.match(method === 'HEAD' ? 'GET' : method, path)
    if (found === undefined) return undefined
    const [endpoint, indices] = found
    const params: Record<string, string> = {}
    for (const name of Object.keys(indices)) {
      const index = indices[name]
      params[name] = (typeof index === 'number' ? stash?.[index] : index) ?? ''
    }
    return { endpoint, params }
  }
}
