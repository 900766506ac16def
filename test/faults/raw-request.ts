import { connect } from 'node:net'

export interface RawReply {
  /** 0 where the connection ended without an answer. */
  readonly status: number
  readonly milliseconds: number
  readonly text: string
}

const ANSWER_LIMIT_MS = 20_000

/** Sends the bytes on a connection of their own, and says that nothing more will come. */
export function sendBytes(port: number, bytes: Buffer): Promise<RawReply> {
  const since = performance.now()
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
    const timer = setTimeout(() => socket.destroy(), ANSWER_LIMIT_MS)
    socket.on('data', (chunk) => chunks.push(chunk))
    // Always followed by `close`.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      const text = Buffer.concat(chunks).toString('latin1')
      const [, status = '0'] = /HTTP\/1\.1 (?!100)(\d{3})/.exec(text) ?? []
      resolve({ status: Number(status), milliseconds: performance.now() - since, text })
    })
  })
}
