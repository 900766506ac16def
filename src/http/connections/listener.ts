import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { MagnetoDBError } from '../../model/errors.ts'
import type { HttpApp } from '../app.ts'
import { type Answer, Exchange, type Lifecycle, TEXT_TYPE } from '../exchange.ts'
import type { Fault } from '../fault.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import type { RequestQueue } from './request-queue.ts'

/** A path without dot segments, escapes and other things that a URL parser would change. */
const PLAIN_TARGET = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*\/?(?:\?[A-Za-z0-9_.~=&-]*)?$/
/** Stands in the URLs that the router sees for whatever the Host header says. */
const ORIGIN = 'http://localhost'
const HEADERS_MAX = 100
/** Requests of one connection behind one whose answer is not taken yet. They are not begun before
 * that, and up to 64 KiB of the body of each wait with them; more requests end the connection. */
const PIPELINED_MAX = 16
const TOO_MANY_HEADERS: Answer = {
  status: 431,
  contentType: TEXT_TYPE,
  body: 'Too many header lines',
  headers: { Connection: 'close' },
}
/** What is served under too much load as well. All else can be spelt in many ways. */
const UNSHED_PATH = '/healthcheck'

export interface ServerParts {
  readonly app: HttpApp
  readonly fault: Fault
  readonly lifecycle: Lifecycle
  /** One for all servers of a process: they share its event loop. */
  readonly queue: RequestQueue
  /** Of all servers of a process as well. */
  readonly connections: ConnectionLimits
}

/**
 * Hands requests to Hono without an adapter. Our endpoints answer on Node's own objects, so of a
 * `Request` the router needs no more than method and URL; @hono/node-server would build the rest of
 * it, and a `Response`, for a tenth of a small request's whole CPU.
 */
export function requestListener({
  app,
  fault,
  lifecycle,
  queue,
  connections,
}: ServerParts): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const serve = (url: string, incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const request = { method: incoming.method ?? '', url }
    const answered = app.fetch(request as Request, { incoming, outgoing })
    Promise.resolve(answered).catch((error: unknown) => {
      fault.send(error, new Exchange(incoming, outgoing, lifecycle))
    })
  }
  const send = (answer: Answer, incoming: IncomingMessage, outgoing: ServerResponse): void => {
    fault.sendAsIs(answer, new Exchange(incoming, outgoing, lifecycle))
  }
  const behind = new WeakMap<Socket, number>()
  const take = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (outgoing.socket === null) {
      const { socket } = incoming
      const count = behind.get(socket) ?? 0
      behind.set(socket, count + 1)
      if (count >= PIPELINED_MAX) socket.destroy()
      outgoing.once('socket', () => {
        behind.set(socket, (behind.get(socket) ?? 0) - 1)
        take(incoming, outgoing)
      })
      return
    }
    try {
      if (connections.isSurplus(incoming.socket)) {
        send(fault.tooManyConnections, incoming, outgoing)
        return
      }
      if (incoming.rawHeaders.length > 2 * HEADERS_MAX) {
        send(TOO_MANY_HEADERS, incoming, outgoing)
        return
      }
      const url = routedUrl(incoming.url ?? '')
      const admission = isUnshed(url) ? 'serve' : queue.admit(lifecycle.draining)
      if (admission === 'serve') serve(url, incoming, outgoing)
      else if (admission === 'refuse') send(fault.tooManyRequests, incoming, outgoing)
      else {
        queue.wait({
          isGone: () => outgoing.destroyed,
          serve: () => serve(url, incoming, outgoing),
        })
      }
    } catch (error) {
      fault.send(error, new Exchange(incoming, outgoing, lifecycle))
    }
  }
  return take
}

/** With the one normalised path that routing and authorization both see. */
function routedUrl(target: string): string {
  if (PLAIN_TARGET.test(target)) return ORIGIN + target
  const url = target.startsWith('/') ? ORIGIN + target : target
  if (target.includes('\\') || !URL.canParse(url)) throw new MagnetoDBError({ is: 'url_malformed' })
  return new URL(url).href
}

function isUnshed(url: string): boolean {
  if (!url.startsWith(UNSHED_PATH, ORIGIN.length)) return false
  const end = ORIGIN.length + UNSHED_PATH.length
  return url.length === end || url[end] === '?'
}
