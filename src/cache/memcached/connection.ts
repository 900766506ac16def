import { connect, isIP, type NetConnectOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { NotMemcachedError, type Reply, readReply } from './reply.ts'

export interface ConnectionTarget {
  /** `host:port`, `[IPv6]:port` or `unix:path`. */
  readonly address: string
  readonly unusedTimeoutMs: number
  /** TLS options. Undefined: no TLS. */
  readonly tls: ConnectionOptions | undefined
}

export interface Command {
  readonly text: string
  readonly key: string
  /** The first word of each possible answer. */
  readonly answers: readonly string[]
}

interface Waiting {
  readonly command: Command
  resolve(reply: Reply): void
  reject(reason: Error): void
}

/** One connection with pipelined commands, which the server answers in order. */
export class MemcachedConnection {
  readonly #socket: Socket
  readonly #waiting: Waiting[] = []
  #unsent: string[] | undefined = []
  #received: Buffer = Buffer.alloc(0)

  /** @param onEnd called once, when the connection is closed */
  constructor(target: ConnectionTarget, onEnd: () => void) {
    const { address, unusedTimeoutMs, tls } = target
    const place = placeOf(address)
    const socket = tls === undefined ? connect(place) : connectTls({ ...tls, ...place })
    this.#socket = socket
    // With TLS, sends nothing before the server's certificate is verified.
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => this.#opened())
    socket.setNoDelay(true)
    socket.setTimeout(unusedTimeoutMs, () => {
      if (this.#waiting.length === 0) socket.destroy()
    })
    socket.on('data', (chunk) => this.#take(chunk))
    // The server ends idle connections, and all of them when it stops.
    socket.on('end', () => socket.destroy())
    let reason = new Error('the connection was closed')
    socket.on('error', (error) => {
      reason = error
    })
    socket.on('close', () => {
      onEnd()
      for (const { reject } of this.#waiting.splice(0)) reject(reason)
    })
  }

  /** Commands without an answer so far. */
  get load(): number {
    return this.#waiting.length
  }

  send(command: Command): Promise<Reply> {
    if (this.#unsent === undefined) this.#socket.write(command.text)
    else this.#unsent.push(command.text)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, resolve, reject })
    })
  }

  /** Rejects the commands under way with this reason. */
  close(reason: string): void {
    this.#socket.destroy(new Error(reason))
  }

  #opened(): void {
    const unsent = this.#unsent ?? []
    this.#unsent = undefined
    if (unsent.length > 0) this.#socket.write(unsent.join(''))
  }

  #take(chunk: Buffer): void {
    try {
      this.#received = Buffer.concat([this.#received, chunk])
      for (;;) {
        if (this.#received.length === 0) return
        const reply = readReply(this.#received)
        if (reply === undefined) return
        this.#received = this.#received.subarray(reply.end)
        this.#answer(reply)
      }
    } catch (error) {
      this.#socket.destroy(error instanceof Error ? error : undefined)
    }
  }

  #answer(reply: Reply): void {
    const [next] = this.#waiting
    if (next === undefined || !isAnswerTo(next.command, reply)) throw new NotMemcachedError()
    this.#waiting.shift()
    next.resolve(reply)
  }
}

function isAnswerTo({ key, answers }: Command, reply: Reply): boolean {
  if (reply.line.startsWith('SERVER_ERROR ')) return true
  return answers.includes(reply.line) && (reply.key === undefined || reply.key === key)
}

function placeOf(address: string): NetConnectOpts & { servername?: string } {
  if (address.startsWith('unix:')) return { path: address.slice('unix:'.length) }
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '')
  const port = Number(address.slice(colon + 1))
  return isIP(host) === 0 ? { host, port, servername: host } : { host, port }
}
