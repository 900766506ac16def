/**
 * A TCP proxy between a driver and one Cassandra node. It counts the requests of the native
 * protocol by opcode, and so measures round trips without the driver's own code. It also simulates
 * a network that loses responses.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, connect as netConnect, type Socket } from 'node:net'

/** Protocol versions 3 and 4: version, flags, stream (2), opcode, length of the body (4). */
const HEADER_BYTES = 9
const OPCODE_OFFSET = 4
const LENGTH_OFFSET = 5

const OPCODES = new Map<number, keyof FrameCounts>([
  [0x05, 'options'],
  [0x07, 'query'],
  [0x09, 'prepare'],
  [0x0a, 'execute'],
  [0x0d, 'batch'],
])

/** `options` counts heartbeats of idle connections; `other` counts requests that start one. */
export interface FrameCounts {
  query: number
  execute: number
  batch: number
  prepare: number
  options: number
  other: number
}

export interface FrameProxy {
  /** On 127.0.0.1. */
  readonly port: number
  /** The requests since the start or the last `reset`. */
  counts(): FrameCounts
  reset(): void
  /** Bytes of the longest response since then. */
  longestReply(): number
  /** Holds responses from now on, until `releaseReplies` forwards them. */
  holdReplies(): void
  releaseReplies(): void
  /** Resolves when a response is held. */
  replyHeld(): Promise<void>
  /** Ends all connections and drops held responses. New connections are accepted. */
  cut(): void
  close(): Promise<void>
}

export async function startFrameProxy(cassandra: {
  readonly host: string
  readonly port: number
}): Promise<FrameProxy> {
  let counts = noFrames()
  let longestReply = 0
  let holding = false
  let held: (() => void)[] = []
  const waitingForHeld: (() => void)[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const node = netConnect(cassandra)
    const count = frameReader((opcode) => {
      counts[OPCODES.get(opcode) ?? 'other'] += 1
    })
    const measure = frameReader((_opcode, bytes) => {
      longestReply = Math.max(longestReply, bytes)
    })
    client.on('data', (chunk) => {
      count(chunk)
      node.write(chunk)
    })
    node.on('data', (chunk) => {
      measure(chunk)
      const pass = () => void client.write(chunk)
      if (!holding) return pass()
      held.push(pass)
      for (const resolve of waitingForHeld.splice(0)) resolve()
    })
    const join = (socket: Socket, other: Socket) => {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    join(client, node)
    join(node, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    held = []
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    counts: () => ({ ...counts }),
    reset() {
      counts = noFrames()
      longestReply = 0
    },
    longestReply: () => longestReply,
    holdReplies() {
      holding = true
    },
    releaseReplies() {
      holding = false
      for (const pass of held.splice(0)) pass()
    },
    replyHeld: () =>
      held.length > 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            waitingForHeld.push(resolve)
          }),
    cut,
    async close() {
      const closed = once(server.close(), 'close')
      cut()
      await closed
    },
  }
}

function noFrames(): FrameCounts {
  return { query: 0, execute: 0, batch: 0, prepare: 0, options: 0, other: 0 }
}

/** Reports each frame's opcode and length of body, however the stream is divided into chunks. */
export function frameReader(
  seen: (opcode: number, bodyBytes: number) => void,
): (chunk: Buffer) => void {
  const header = Buffer.alloc(HEADER_BYTES)
  let inHeader = 0
  let bodyLeft = 0
  return (chunk) => {
    for (let offset = 0; offset < chunk.length; ) {
      if (bodyLeft > 0) {
        const skipped = Math.min(bodyLeft, chunk.length - offset)
        bodyLeft -= skipped
        offset += skipped
        continue
      }
      const copied = chunk.copy(header, inHeader, offset, offset + HEADER_BYTES - inHeader)
      inHeader += copied
      offset += copied
      if (inHeader === HEADER_BYTES) {
        bodyLeft = header.readInt32BE(LENGTH_OFFSET)
        seen(header.readUInt8(OPCODE_OFFSET), bodyLeft)
        inHeader = 0
      }
    }
  }
}
