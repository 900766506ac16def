import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const HEAD_END = '\r\n\r\n'

/** Receives the HTTP status, or 0 if the connection ended before the response. */
export type Answered = (status: number, body: Buffer, head: string) => void

/**
 * A keep-alive connection that sends prepared texts, one at a time: a cheap client for measuring.
 * Reconnects if the server has closed the connection.
 */
export class Connection {
  readonly #host: string
  readonly #port: number
  #socket: Socket | undefined
  #received: Buffer = Buffer.alloc(0)
  #answered: Answered | undefined

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  /** Connects before the first request. */
  async open(): Promise<void> {
    this.#socket ??= this.#connect()
    await once(this.#socket, 'connect')
  }

  /** @param answered called once, after the whole response has arrived */
  send(request: string, answered: Answered): void {
    this.#answered = answered
    this.#socket ??= this.#connect()
    this.#socket.write(request, 'latin1')
  }

  close(): void {
    this.#socket?.destroy()
  }

  #connect(): Socket {
    const socket = connect(this.#port, this.#host)
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => {
      if (this.#socket === socket) this.#end(0, this.#received, '', true)
    })
    return socket
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const headLength = this.#received.indexOf(HEAD_END)
    if (headLength < 0) return
    const head = this.#received.toString('latin1', 0, headLength)
    const bodyLength = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
    if (!(bodyLength >= 0)) throw new Error(`an answer of unknown length: ${head}`)
    if (this.#received.length < headLength + HEAD_END.length + bodyLength) return
    const status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length))
    const body = this.#received.subarray(headLength + HEAD_END.length)
    this.#end(status, body, head, /\r\nconnection: *close/i.test(head))
  }

  #end(status: number, body: Buffer, head: string, closes: boolean): void {
    const answered = this.#answered
    this.#received = Buffer.alloc(0)
    this.#answered = undefined
    if (closes) this.#socket = undefined
    answered?.(status, body, head)
  }
}
