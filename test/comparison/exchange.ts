import { connect, type Socket } from 'node:net'
import { answersIn } from './answer-text.ts'

/** Longer than a server waits for the rest of a request. */
const ANSWER_LIMIT_MS = 120_000

/** One request on a connection of its own, and what comes back. */
export class Exchange {
  /** All that was sent back until the connection closed. */
  readonly ended: Promise<string>
  /** Resolves with `ended`, or before it once there is an answer. */
  readonly answered: Promise<void>
  readonly #socket: Socket
  #text = ''
  #isReset = false

  constructor(port: number, bytes: Buffer) {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bytes))
    this.#socket = socket
    const timer = setTimeout(() => socket.destroy(), ANSWER_LIMIT_MS)
    // Always followed by `close`.
    socket.on('error', () => {
      this.#isReset = true
    })
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    this.ended = closed.then(() => {
      clearTimeout(timer)
      return this.#text
    })
    this.answered = new Promise((resolve) => {
      void closed.then(resolve)
      socket.on('data', (chunk) => {
        this.#text += chunk.toString('latin1')
        if (!this.isAnswered) return
        resolve()
        if (!/^connection: close\r$/im.test(this.#text)) socket.end()
      })
    })
  }

  /** A server that closes before it has read everything may take its answer back with it. */
  get isReset(): boolean {
    return this.#isReset
  }

  get isAnswered(): boolean {
    return this.#socket.destroyed || (this.#text !== '' && answersIn(this.#text) !== undefined)
  }
}

export function ask(port: number, method: string, target: string, token: string) {
  const head = `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close`
  return new Exchange(port, Buffer.from(`${head}\r\nX-Auth-Token: ${token}\r\n\r\n`)).ended
}
