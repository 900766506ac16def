import { createServer, type Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { HttpApp } from '../app.ts'
import type { Lifecycle } from '../exchange.ts'
import { adapted } from './adapter.ts'
import { Gate, type GateParts } from './gate.ts'
import { UnparsedRequests } from './unparsed.ts'

/** All of a request's header lines together; a token may have 8 kB. */
const HEADER_BYTES_MAX = 16 * 1024
const HEADERS_SECONDS_MAX = 10
/** Longer than pools of clients and proxies usually keep an idle connection. */
const KEEP_ALIVE_SECONDS = 75
const CONNECTIONS_CHECK_INTERVAL_MS = 1_000

/** Connections that are in use learn of the end by `Connection: close` meanwhile; who then has
 * not asked for so long is least likely to be just about to. */
const DRAIN_IDLE_SECONDS = 1
const DRAIN_CHECK_INTERVAL_MS = 100
/** For connections that wait to be accepted, of which new ones may come all the time. */
const ACCEPT_MS_MAX = 250
const QUIET_TURNS = 3
/** A request that takes longer to end is cut off. */
export const DRAIN_SECONDS_MAX = 30

/** Node's HTTP server around the app. Limits on the time of bodies are the routes' own. */
export function createHttpServer(app: HttpApp, parts: GateParts): Server {
  const { listener } = new Gate(parts, adapted(app, parts))
  const unparsed = new UnparsedRequests(parts.fault)
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_SECONDS_MAX * 1_000,
      // Node's own limit cuts off uploads that are under way.
      requestTimeout: 0,
      // The gate looks at it: Node's own answer says nothing.
      requireHostHeader: false,
      keepAliveTimeout: KEEP_ALIVE_SECONDS * 1_000,
      connectionsCheckingInterval: CONNECTIONS_CHECK_INTERVAL_MS,
    },
    listener,
  )
  // Node would leave out what exceeds its limit, and not say so: the gate refuses it.
  server.maxHeadersCount = 0
  parts.connections.watch(server)
  // Else Node would ask for the body before anybody knows who sends it.
  server.on('checkContinue', listener)
  server.on('checkExpectation', listener)
  server.on('connect', unparsed.refuseTunnel)
  server.on('clientError', unparsed.refuse)
  return server
}

/**
 * Ends a server without failing a request: no new connections, `Connection: close` on every answer
 * from now on, idle connections closed after a while.
 *
 * @returns whether all requests ended by themselves within `secondsMax`
 */
export async function drain(
  server: Server,
  lifecycle: Lifecycle,
  secondsMax: number = DRAIN_SECONDS_MAX,
): Promise<boolean> {
  lifecycle.draining = true
  await acceptWaiting(server)
  const startedAt = performance.now()
  let isComplete = true
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const seconds = (performance.now() - startedAt) / 1_000
      if (seconds > DRAIN_IDLE_SECONDS) server.closeIdleConnections()
      if (seconds <= secondsMax) return
      isComplete = false
      server.closeAllConnections()
    }, DRAIN_CHECK_INTERVAL_MS)
    // Not `server.close`: that one closes idle connections at once, and with them the requests
    // that are on their way to us.
    NetServer.prototype.close.call(server, () => {
      clearInterval(timer)
      server.close()
      resolve()
    })
  })
  return isComplete
}

/** Connections that the kernel has already accepted for us come first; libuv takes one a turn. */
async function acceptWaiting(server: Server): Promise<void> {
  const until = performance.now() + ACCEPT_MS_MAX
  let quietTurns = 0
  const noteConnection = (): void => {
    quietTurns = 0
  }
  server.on('connection', noteConnection)
  while (quietTurns < QUIET_TURNS && performance.now() < until) {
    quietTurns++
    await turn()
  }
  server.off('connection', noteConnection)
}
