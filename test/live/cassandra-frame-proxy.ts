/**
 * A TCP proxy between a driver and one Cassandra node. It counts the requests of the native
 * protocol by opcode, and so measures round trips without the driver's own code. It also simulates
 * a network that loses responses.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, connect as netConnect, type Socket } from 'node:net'
import { until } from '../support/until.ts'

/** Protocol versions 3 and 4: version, flags, stream (2), opcode, length of the body (4). */
const HEADER_BYTES = 9
const OPCODE_OFFSET = 4
const LENGTH_OFFSET = 5

/** `options` counts heartbeats of idle connections; `other` counts requests that start one. */
const OPCODES = new Map([
  [0x05, 'options'],
  [0x07, 'query'],
  [0x09, 'prepare'],
  [0x0a, 'execute'],
  [0x0d, 'batch'],
] as const)
const NO_FRAMES = { query: 0, execute: 0, batch: 0, prepare: 0, options: 0, other: 0 }

export type FrameProxy = Awaited<ReturnType<typeof startFrameProxy>>

export async function startFrameProxy(cassandra: { readonly host: string; readonly port: number }) {
  let counts = { ...NO_FRAMES }
  let longestReply = 0
  let holding = false
  let held: (() => void)[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const node = netConnect(cassandra)
    const count = frameReader((opcode) => {
      counts[OPCODES.get(opcode as 0x05) ?? 'other'] += 1
    })
    const measure = frameReader((_opcode, bytes) => {
      longestReply = Math.max(longestReply, bytes)
    })
    client.on('data', count).pipe(node)
    node.on('data', (chunk) => {
      measure(chunk)
      const pass = () => void client.write(chunk)
      if (holding) held.push(pass)
      else pass()
    })
    const ends = [client, node]
    for (const [socket, other] of [ends, ends.toReversed()] as [Socket, Socket][]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    held = []
    for (const socket of sockets) socket.destroy()
  }
  return {
    /** On 127.0.0.1. */
    port: (server.address() as AddressInfo).port,
    /** The requests since the start or the last `reset`. */
    counts: () => ({ ...counts }),
    reset() {
      counts = { ...NO_FRAMES }
      longestReply = 0
    },
    /** Bytes of the longest response since then. */
    longestReply: () => longestReply,
    /** Holds responses from now on, until `releaseReplies` forwards them. */
    holdReplies() {
      holding = true
    },
    releaseReplies() {
      holding = false
      for (const pass of held.splice(0)) pass()
    },
    /** Resolves when a response is held. */
    replyHeld: () => until('an answer is held', () => held.length > 0),
    /** Ends all connections and drops held responses. New connections are accepted. */
    cut,
    async close() {
      const closed = once(server.close(), 'close')
      cut()
      await closed
    },
  }
}

/** Reports each frame's opcode and length of body, however the stream is divided into chunks. */
function frameReader(seen: (opcode: number, bodyBytes: number) => void): (chunk: Buffer) => void {
  let received = Buffer.alloc(0)
  return (chunk) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= HEADER_BYTES) {
      const bodyBytes = received.readInt32BE(LENGTH_OFFSET)
      if (received.length < HEADER_BYTES + bodyBytes) return
      seen(received.readUInt8(OPCODE_OFFSET), bodyBytes)
      received = received.subarray(HEADER_BYTES + bodyBytes)
    }
  }
}
