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
import type { RouteTable } from '../route-table.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { protocolRefusal } from './protocol.ts'
import type { RequestQueue } from './request-queue.ts'

/** Requests of one connection behind one whose answer is not taken yet. They are not begun before
 * that, and up to 64 KiB of the body of each wait with them; more requests end the connection. */
const PIPELINED_MAX = 16
/** To `OPTIONS *`, which asks whether the server is there. */
const ALIVE: Answer = { status: 204, contentType: TEXT_TYPE, body: '' }
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
/** Gets the normalised URL as well. */
export type PageListener = (exchange: NodeExchange, url: string) => void

/**
 * The gate in front of all routes. Requests of a wire it serves on Node's own objects, without a
 * `Request` and a `Response` (adr/0009); all others go to `app`.
 */
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

  /** @throws MagnetoDBError, or what nobody foresaw in a wire */
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
    const shareOf = (): string => {
      recognise(exchange)
      return exchange.share
    }
    const admission = isUnshed ? 'serve' : queue.admit(shareOf, lifecycle.draining)
    if (admission === 'serve') this.#serve(exchange, url)
    else if (admission === 'refuse') fault.refuse('tooManyRequests', exchange)
    else {
      queue.wait({
        share: shareOf(),
        isGone: () => exchange.isGone,
        serve: () => this.#serve(exchange, url),
      })
    }
  }

  #serve(exchange: NodeExchange, url: string): void {
    const match = this.#parts.routes.match(exchange.method, exchange.path)
    if (match === undefined) {
      this.#app(exchange, url)
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
