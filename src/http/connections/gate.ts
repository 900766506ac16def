import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Answer, TEXT_TYPE } from '../../dialect/wire.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import {
  authenticate,
  checkHeaders,
  checkPlace,
  type Endpoint,
  type EndpointParts,
  recognise,
  scope,
} from '../endpoint.ts'
import { NodeExchange, type NodeExchangeParts } from '../node-exchange.ts'
import type { RouteMatch, RouteTable } from '../route-table.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { protocolRefusal } from './protocol.ts'
import type { RequestQueue } from './request-queue.ts'

/** Pipelined requests held per connection, with up to 64 KiB of each body. More close it. */
const PIPELINED_MAX = 16
/** The answer to `OPTIONS *`. */
const ALIVE: Answer = { status: 204, contentType: TEXT_TYPE, body: '' }
/** Served even under overload. */
const UNSHED_PATH = '/healthcheck'

export interface GateParts extends EndpointParts, NodeExchangeParts {
  readonly routes: RouteTable
  /** Shared by all servers of a process, like its event loop. */
  readonly queue: RequestQueue
  /** Shared by all servers of a process. */
  readonly connections: ConnectionLimits
}

export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void
/** Serves a request at its normalised URL. */
export type PageListener = (exchange: NodeExchange, url: string) => void

/** The gate in front of all routes. Serves wires directly on Node's objects (adr/0009), and passes
 * other requests to `app`. */
export class Gate {
  readonly #parts: GateParts
  readonly #app: PageListener
  readonly #behind = new WeakMap<Socket, number>()

  constructor(parts: GateParts, app: PageListener) {
    this.#parts = parts
    this.#app = app
  }

  readonly listener: Listener = (incoming, outgoing) => {
    if (outgoing.socket === null) this.#takeLater(incoming, outgoing)
    else this.#take(new NodeExchange(incoming, outgoing, this.#parts))
  }

  /** Waits until the previous answer on the connection is sent. */
  #takeLater(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming
    const count = this.#behind.get(socket) ?? 0
    this.#behind.set(socket, count + 1)
    if (count >= PIPELINED_MAX) socket.destroy()
    outgoing.once('socket', () => {
      this.#behind.set(socket, (this.#behind.get(socket) ?? 0) - 1)
      this.listener(incoming, outgoing)
    })
  }

  #take(exchange: NodeExchange): void {
    const { connections, fault } = this.#parts
    if (connections.isSurplus(exchange.incoming.socket)) {
      fault.refuse('tooManyConnections', exchange)
      return
    }
    try {
      const refusal = protocolRefusal(exchange.incoming)
      if (refusal) fault.sendAsIs(refusal, exchange)
      else this.#admit(exchange)
    } catch (error) {
      fault.send(error, exchange)
    }
  }

  /** @throws MagnetoDBError, or an unexpected error of a wire */
  #admit(exchange: NodeExchange): void {
    const { queue, fault, lifecycle } = this.#parts
    const { method, target, url, failure } = exchange
    if (failure !== undefined) throw failure
    if (target === '*' && method === 'OPTIONS') {
      checkHeaders(exchange)
      fault.sendAsIs(ALIVE, exchange)
      return
    }
    if (url === undefined) throw new MagnetoDBError({ is: 'url_malformed' })
    const isUnshed = exchange.path === UNSHED_PATH
    const match = this.#parts.routes.match(method, exchange.path)
    const shareOf = (): string => {
      if (match) recognise(exchange, match.endpoint.wire)
      return exchange.share
    }
    const admission = isUnshed ? 'serve' : queue.admit(shareOf, lifecycle.draining)
    if (admission === 'serve') this.#serve(exchange, url, match)
    else if (admission === 'refuse') fault.refuse('tooManyRequests', exchange)
    else {
      queue.wait({
        share: shareOf(),
        isGone: () => exchange.isGone,
        serve: () => this.#serve(exchange, url, match),
      })
    }
  }

  #serve(exchange: NodeExchange, url: string, match: RouteMatch | undefined): void {
    if (match === undefined) {
      this.#app(exchange, url)
      return
    }
    exchange.wire = match.endpoint.wire
    exchange.route = match
    void answer(match.endpoint, exchange, this.#parts)
  }
}

/** All steps of a wire's request. Never rejects. */
async function answer(
  endpoint: Endpoint,
  exchange: NodeExchange,
  parts: EndpointParts,
): Promise<void> {
  try {
    checkHeaders(exchange)
    checkPlace(exchange, parts.loopbackOnly)
    const asking = authenticate(exchange)
    if (asking) await asking
    scope(exchange)
    await endpoint.serve(exchange, parts)
  } catch (error) {
    parts.fault.send(error, exchange)
  } finally {
    exchange.release()
  }
}
