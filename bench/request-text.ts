import type { Call } from './wire.ts'

/** The bytes of a call on the wire. They are all ASCII. */
export function requestText({ method = 'POST', path, headers, body }: Call): string {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers, 'Content-Length': body.length })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`
}
