import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import { createService } from '../../src/service/service.ts'
import { openLog } from '../../src/telemetry/logger.ts'

export interface RunningService {
  readonly port: number
  /** Serves bulk loads only. */
  readonly streamingPort: number
  /** Resolves with whether every request was answered. */
  drain(): Promise<boolean>
  /** What the log holds by now. */
  logText(): string
  close(): Promise<void>
}

/** The service in this process, with noauth on the memory driver, on a free port. */
export async function startService(extraOptions = ''): Promise<RunningService> {
  const folder = mkdtempSync(join(tmpdir(), 'magnetodb-http-'))
  const configFile = join(folder, 'magnetodb.conf')
  const logFile = join(folder, 'log')
  writeFileSync(
    configFile,
    `[DEFAULT]\nauth_strategy = noauth\nstorage_driver = memory\n${extraOptions}`,
  )
  const log = openLog({ debug: true, useJson: false, logFile })
  const service = await createService(loadConfig([configFile]), log)
  const { port } = await service.listen({ host: '127.0.0.1', port: 0 })
  const streaming = await service.listenStreaming({ host: '127.0.0.1', port: 0 })
  return {
    port,
    streamingPort: streaming.port,
    drain: () => service.drain(),
    logText: () => readFileSync(logFile, 'utf8'),
    async close() {
      await service.close()
      await log.close()
      rmSync(folder, { recursive: true })
    },
  }
}

export interface RawAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** Everything that came, also further answers. */
  readonly text: string
}

/** Sends bytes as they are and reads until the other side closes the connection. */
export function sendRaw(port: number, ...parts: readonly (string | Buffer)[]): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      for (const part of parts) socket.write(part)
    })
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(parseAnswer(Buffer.concat(chunks).toString())))
  })
}

export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  return { status: Number(statusLine.split(' ')[1]), headers, body: text.slice(end + 4), text }
}

export interface RawRequest {
  readonly method?: string
  readonly target: string
  /** Lines such as `X-Auth-Token: a:b`; Host and Connection are added unless they are here. */
  readonly headers?: readonly string[]
  readonly body?: string
}

/** One request on a connection of its own. */
export function ask(port: number, request: RawRequest): Promise<RawAnswer> {
  return sendRaw(port, requestText(port, request, ['Connection: close']))
}

export function requestText(
  port: number,
  { method = 'GET', target, headers = [], body = '' }: RawRequest,
  more: readonly string[] = [],
): string {
  const lines = [`${method} ${target} HTTP/1.1`, ...headers, ...more]
  if (!headers.some((line) => /^host:/i.test(line))) lines.push(`Host: 127.0.0.1:${port}`)
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

export const TOKEN = 'X-Auth-Token: user:p1'

/** The message in the v1 error envelope. */
export function messageOf(answer: RawAnswer): string {
  return JSON.parse(answer.body).error.message
}

/** Resolves after an error as well, which `once` would reject with. */
export function closeOf(socket: Socket): Promise<'closed'> {
  return new Promise((resolve) => socket.once('close', () => resolve('closed')))
}

export const THREAD_TABLE = JSON.stringify({
  table_name: 'thread',
  attribute_definitions: [{ attribute_name: 'forum', attribute_type: 'S' }],
  key_schema: [{ attribute_name: 'forum', key_type: 'HASH' }],
})
