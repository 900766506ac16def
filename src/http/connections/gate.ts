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
  scope,
} from '../endpoint.ts'
import { NodeExchange, type NodeExchangeParts } from '../node-exchange.ts'
import type { RouteTable } from '../route-table.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import type { RequestQueue } from './request-queue.ts'

/** Header lines of a request. */
const HEADERS_MAX = 100
/** Requests of one connection behind one whose answer is not taken yet. They are not begun before
 * that, and up to 64 KiB of the body of each wait with them; more requests end the connection. */
const PIPELINED_MAX = 16
/** Of no wire's shape: a server before us may answer the same. */
const TOO_MANY_HEADERS: Answer = {
  status: 431,
  contentType: TEXT_TYPE,
  body: 'Too many header lines',
  headers: { Connection: 'close' },
}
/** What is served under too much load as well. */
const UNSHED_PATH = '/healthcheck'

export interface GateParts extends EndpointParts, NodeExchangeParts {
  readonly routes: RouteTable
  /** One for all servers of a process: they share its event loop. */
  readonly queue: RequestQueue
  /** Of all servers of a process as well. */
  readonly connections: ConnectionLimits
}

export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void

/**
 * The gate in front of all routes. Requests of a wire it serves on Node's own objects, without a
 * `Request` and a `Response` (adr/0009); all others go to `app`.
 */
export class Gate {
  readonly #parts: GateParts
  readonly #app: Listener
  readonly #behind = new WeakMap<Socket, number>()

  constructor(parts: GateParts, app: Listener) {
    this.#parts = parts
    this.#app = app
  }

  readonly listener: Listener = (incoming, outgoing) => {
    if (outgoing.socket === null) this.#takeLater(incoming, outgoing)
    else this.#take(new NodeExchange(incoming, outgoing, this.#parts))
  }

  /** Once the answer ahead on its connection is taken. */
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
    const { incoming, url } = exchange
    if (connections.isSurplus(incoming.socket)) {
      fault.refuse('tooManyConnections', exchange)
    } else if (incoming.rawHeaders.length > 2 * HEADERS_MAX) {
      fault.sendAsIs(TOO_MANY_HEADERS, exchange)
    } else if (url === undefined) {
      fault.send(new MagnetoDBError({ is: 'url_malformed' }), exchange)
    } else this.#admit(exchange, url)
  }

  #admit(exchange: NodeExchange, url: string): void {
    const { queue, fault, lifecycle } = this.#parts
    const isUnshed = exchange.path === UNSHED_PATH
    const admission = isUnshed ? 'serve' : queue.admit(lifecycle.draining)
    if (admission === 'serve') this.#serve(exchange, url)
    else if (admission === 'refuse') fault.refuse('tooManyRequests', exchange)
    else {
      queue.wait({
        share: exchange.share,
        isGone: () => exchange.isGone,
        serve: () => this.#serve(exchange, url),
      })
    }
  }

  #serve(exchange: NodeExchange, url: string): void {
    const match = this.#parts.routes.match(exchange.method, exchange.path)
    if (match === undefined) {
      const { incoming, outgoing } = exchange
      // Absolute, so that the adapter takes it as it is and asks no Host of it.
      incoming.url = url
      this.#app(incoming, outgoing)
      return
    }
    exchange.wire = match.endpoint.wire
    exchange.route = match
    void answer(match.endpoint, exchange, this.#parts)
  }
}

/** All steps of a request of a wire. Never rejects. */
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
