import { connect } from 'node:net'
import { ANYBODY, type Json } from './http-client.ts'

export interface RawReply {
  /** 0 where the connection ended without an answer. */
  readonly status: number
  readonly milliseconds: number
  readonly text: string
}

const ANSWER_LIMIT_MS = 20_000

/**
 * Sends bytes on a connection of their own and reads until the other side closes it. Where that
 * cannot know that nothing more will come it is told so, and then does not answer what takes it
 * any time.
 */
export function sendBytes(port: number, bytes: Buffer, isWhole: boolean): Promise<RawReply> {
  const since = performance.now()
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => {
      if (isWhole) socket.write(bytes)
      else socket.end(bytes)
    })
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

/** A whole POST of anybody's, to a path below the project's own. */
export function postBytes(path: string, body: Json): Buffer {
  const text = JSON.stringify(body)
  const head = [
    `POST /v1/data/${ANYBODY.projectId}/${path} HTTP/1.1`,
    'Host: localhost',
    `X-Auth-Token: ${ANYBODY.token}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${text}`)
}
