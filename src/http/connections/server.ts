import { createServer, type Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { HttpApp } from '../app.ts'
import type { Lifecycle } from '../exchange.ts'
import { adapted } from './adapter.ts'
import { Gate, type GateParts } from './gate.ts'
import { UnparsedRequests } from './unparsed.ts'

/** Bytes of all header lines of a request. A token may have 8 kB. */
const HEADER_BYTES_MAX = 16 * 1024
const HEADERS_SECONDS_MAX = 10
/** Seconds of keep-alive, longer than pools of clients and proxies usually keep connections. */
const KEEP_ALIVE_SECONDS = 75
const CONNECTIONS_CHECK_INTERVAL_MS = 1_000

/** Seconds of a drain until idle connections are closed. Connections in use have ended by
 * `Connection: close` before that, and the others are unlikely to send another request. */
const DRAIN_IDLE_SECONDS = 1
const DRAIN_CHECK_INTERVAL_MS = 100
/** Connections waiting to be accepted. A process accepts one per turn of its event loop. With
 * Node's default of 511, connections of a burst would be dropped and tried again only after
 * seconds. */
export const CONNECTIONS_WAITING_MAX = 4_096
/** Turns of the event loop without a new connection, after which none is waiting. */
const QUIET_TURNS = 3
/** Seconds after which requests under way are cut off. */
export const DRAIN_SECONDS_MAX = 30

/** Node's HTTP server around the app. It does not limit the time of bodies; the routes do. */
export function createHttpServer(app: HttpApp, parts: GateParts): Server {
  const { listener } = new Gate(parts, adapted(app, parts))
  const unparsed = new UnparsedRequests(parts.fault)
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_SECONDS_MAX * 1_000,
      // Node's limit would cut off long uploads.
      requestTimeout: 0,
      // The gate checks it; Node's own answer has no body.
      requireHostHeader: false,
      keepAliveTimeout: KEEP_ALIVE_SECONDS * 1_000,
      connectionsCheckingInterval: CONNECTIONS_CHECK_INTERVAL_MS,
    },
    listener,
  )
  // Node would silently drop headers beyond its limit; the gate refuses them.
  server.maxHeadersCount = 0
  parts.connections.watch(server)
  // By default Node asks for the body before the caller is known.
  server.on('checkContinue', listener)
  server.on('checkExpectation', listener)
  server.on('connect', unparsed.refuseTunnel)
  server.on('clientError', unparsed.refuse)
  return server
}

/**
 * Drains a server: accepts no new connections, sends `Connection: close` with every answer, and
 * closes idle connections after a while.
 *
 * @returns whether all requests ended by themselves within `secondsMax`
 */
export async function drain(
  server: Server,
  lifecycle: Lifecycle,
  secondsMax: number = DRAIN_SECONDS_MAX,
): Promise<boolean> {
  const startedAt = performance.now()
  lifecycle.draining = true
  await acceptWaiting(server, startedAt + secondsMax * 1_000)
  let isComplete = true
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const seconds = (performance.now() - startedAt) / 1_000
      if (seconds > DRAIN_IDLE_SECONDS) server.closeIdleConnections()
      if (seconds <= secondsMax) return
      isComplete = false
      server.closeAllConnections()
    }, DRAIN_CHECK_INTERVAL_MS)
    // Unlike `server.close`, this does not close idle connections at once, which would lose
    // requests that are on their way.
    NetServer.prototype.close.call(server, () => {
      clearInterval(timer)
      server.close()
      resolve()
    })
  })
  return isComplete
}

/**
 * Accepts the connections that wait in the kernel, which would be reset. They are accepted in the
 * order of their arrival, so those that come after `CONNECTIONS_WAITING_MAX` others are new.
 * @param deadlineMs a time of `performance.now()`
 */
async function acceptWaiting(server: Server, deadlineMs: number): Promise<void> {
  let accepted = 0
  let quietTurns = 0
  const noteConnection = (): void => {
    accepted++
    quietTurns = 0
  }
  server.on('connection', noteConnection)
  while (quietTurns < QUIET_TURNS && accepted < CONNECTIONS_WAITING_MAX) {
    if (performance.now() > deadlineMs) break
    quietTurns++
    await turn()
  }
  server.off('connection', noteConnection)
}
