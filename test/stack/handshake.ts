import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A client's first bytes, and the first bytes of a ready server's response. */
export type Handshake = { readonly send: Buffer; readonly answer: Buffer }

export const MEMCACHED_HANDSHAKE: Handshake = {
  send: Buffer.from('version\r\n'),
  answer: Buffer.from('VERSION '),
}

/** OPTIONS and SUPPORTED of version 4 of the native protocol (native_protocol_v4.spec). */
export const CQL_HANDSHAKE: Handshake = {
  send: Buffer.from('040000000500000000', 'hex'),
  answer: Buffer.from('8400000006', 'hex'),
}

/** A request that every HTTP server refuses by itself. */
const HTTP_HANDSHAKE: Handshake = {
  send: Buffer.from('hello\r\n\r\n'),
  answer: Buffer.from('HTTP/1.'),
}

const INTERVAL_MS = 100
const ANSWER_LIMIT_MS = 5_000

export type StartingServer = {
  /** Default: 127.0.0.1. */
  readonly host?: string
  readonly port: number
  /** Default: of HTTP. */
  readonly handshake?: Handshake
  readonly signal: AbortSignal
  readonly limitMs: number
}

/** Resolves when the server answers; rejects if it is not in time, or as `died` does. */
export async function untilReady(
  { host = '127.0.0.1', port, handshake = HTTP_HANDSHAKE, signal, limitMs }: StartingServer,
  died: Promise<never>,
): Promise<void> {
  const waiting = new AbortController()
  const until = AbortSignal.any([signal, waiting.signal, AbortSignal.timeout(limitMs)])
  try {
    await Promise.race([untilAnswered(host, port, handshake, until), died])
  } finally {
    waiting.abort()
    died.catch(() => {})
  }
}

/**
 * Resolves when a server answers at this address; rejects if the signal aborts first. An accepted
 * connection does not suffice: Docker's proxy and gunicorn accept connections before the server
 * answers.
 */
export async function untilAnswered(
  host: string,
  port: number,
  handshake: Handshake,
  signal: AbortSignal,
): Promise<void> {
  while (!(await answers(host, port, handshake, signal))) {
    await delay(INTERVAL_MS, undefined, { signal })
  }
}

function answers(
  host: string,
  port: number,
  { send, answer }: Handshake,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const socket = connect({ port, host }, () => socket.write(send))
    const end = () => socket.destroy()
    // As an option of `connect`, the signal would keep a listener of each attempt.
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    socket.setTimeout(ANSWER_LIMIT_MS, end)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= answer.length) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      signal.removeEventListener('abort', end)
      resolve(received.subarray(0, answer.length).equals(answer))
    })
  })
}
