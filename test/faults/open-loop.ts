import { setTimeout as delay } from 'node:timers/promises'
import { apiAddress } from '../support/api-address.ts'
import { below } from '../support/at-once.ts'
import { Connection } from '../support/connection.ts'
import { ANYBODY } from '../support/http-client.ts'
import { requestText } from '../support/raw-http.ts'

const TICK_MS = 1
const POLL_MS = 10
/** Milliseconds after the end of the load, when requests without response count as unanswered. */
const GRACE_MS = 10_000

/** The result of one request. */
export interface Arrival {
  /** When it was due, in milliseconds since the load began. */
  readonly dueMs: number
  /** Counted from when the request was due, not from when a connection was free to send it. */
  readonly latencyMs: number
  /** 0 if unanswered. */
  readonly status: number
  readonly hasRetryAfter: boolean
}

/**
 * Sends a request repeatedly at a fixed rate, without waiting for earlier responses. So, unlike
 * clients that wait, it does not slow down with the service.
 */
export interface OpenLoop {
  /** Number of requests of the current load that have been answered. */
  answered(): number
  /** Resolves when all phases are over, and all due requests are answered or given up. */
  run(phases: readonly Phase[]): Promise<readonly Arrival[]>
  /** Keeps this number of connections busy instead of sending at a rate. */
  saturate(connections: number, seconds: number): Promise<readonly Arrival[]>
}

interface Phase {
  readonly perSecond: number
  readonly seconds: number
}

/** Uses a loop of POST requests by `ANYBODY`, with this number of kept connections. A request waits
 * if none is free. */
export async function withOpenLoop<T>(
  port: number,
  { path, body }: { readonly path: string; readonly body: string },
  connections: number,
  use: (loop: OpenLoop) => Promise<T>,
): Promise<T> {
  const { target, headers: members } = apiAddress(path, ANYBODY)
  const headers = Object.entries(members).map(([name, value]) => `${name}: ${value}`)
  const request = requestText(port, { method: 'POST', target, headers, body })
  const opened = below(connections).map(() => new Connection('127.0.0.1', port))
  const free = [...opened]
  /** Due requests that wait for a connection. */
  const waiting: ((connection: Connection) => void)[] = []
  /** Of the current load. An answer that comes after the end of its load counts for the next one,
   * as work that the service has done then. */
  let arrivals: Arrival[] = []
  let since = 0
  let isClosed = false
  const sendNext = () => {
    if (isClosed || waiting.length === 0) return
    const connection = free.shift()
    if (connection) waiting.shift()?.(connection)
  }
  const elapsedMs = () => performance.now() - since
  const load = async (
    feed: (ask: (dueMs: number) => void) => Promise<void>,
  ): Promise<readonly Arrival[]> => {
    since = performance.now()
    arrivals = []
    let asked = 0
    await feed((dueMs) => {
      asked++
      waiting.push((connection) =>
        connection.send(request, (status, _body, head) => {
          const hasRetryAfter = /\r\nretry-after: /i.test(head)
          arrivals.push({ dueMs, latencyMs: elapsedMs() - dueMs, status, hasRetryAfter })
          // A broken connection is not replaced.
          if (status !== 0) free.push(connection)
          sendNext()
        }),
      )
      sendNext()
    })
    const untilMs = elapsedMs() + GRACE_MS
    while (arrivals.length < asked && elapsedMs() < untilMs) await delay(POLL_MS)
    waiting.length = 0
    return [...arrivals, ...Array(Math.max(0, asked - arrivals.length)).fill(UNANSWERED)]
  }
  const answered = () => arrivals.length
  const run = (phases: readonly Phase[]) =>
    load(async (ask) => {
      let endMs = 0
      for (const { perSecond, seconds } of phases) {
        let dueMs = endMs
        for (endMs += seconds * 1_000; dueMs < endMs; await delay(TICK_MS)) {
          const untilMs = Math.min(elapsedMs(), endMs)
          for (; dueMs < untilMs; dueMs += 1_000 / perSecond) ask(dueMs)
        }
      }
    })
  const saturate = (busy: number, seconds: number) =>
    load(async (ask) => {
      for (let asked = 0; elapsedMs() < seconds * 1_000; await delay(0)) {
        for (; asked - answered() < busy; asked++) ask(elapsedMs())
      }
    })
  try {
    await Promise.all(opened.map((connection) => connection.open()))
    return await use({ answered, run, saturate })
  } finally {
    // Connections that end now must not send further requests.
    isClosed = true
    for (const connection of opened) connection.close()
  }
}

const UNANSWERED: Arrival = {
  ...{ dueMs: 0, latencyMs: Number.POSITIVE_INFINITY, status: 0, hasRetryAfter: false },
}
