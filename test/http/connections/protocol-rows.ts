import { readFileSync } from 'node:fs'
import { sourceFile } from '../../stack/project.ts'
import { TOKEN } from '../../support/in-process-service.ts'

export interface Row {
  readonly section: string
  readonly what: string
  readonly sent: string
  readonly statuses: readonly number[]
  /** A pattern that must, or must not, match the head of the first final answer. */
  readonly head?: { readonly pattern: RegExp; readonly isThere: boolean }
}

export const TABLES = '/v1/data/p1/tables'
const ITEM = '{"item":{"forum":{"S":"x"}}}'
const HOST = 'Host: localhost'
/** Replacements for names in braces. `{a*N}` is replaced by N times the letter a. */
const PARTS: Readonly<Record<string, string>> = {
  check: `GET /healthcheck HTTP/1.1\r\n${HOST}\r\n`,
  put: `POST ${TABLES}/thread/put_item HTTP/1.1\r\n${HOST}\r\n${TOKEN}\r\n`,
  chunks: `${ITEM.length.toString(16)}\r\n${ITEM}\r\n0\r\n`,
  lines: Array.from({ length: 110 }, (_, i) => `X-${i}: a\r\n`).join(''),
  ...{ item: ITEM, length: `Content-Length: ${ITEM.length}`, tables: TABLES, token: TOKEN },
}
const ESCAPES: Readonly<Record<string, string>> = { n: '\r\n', r: '\r', t: '\t', '\\': '\\' }

/** Reads the table `protocol.txt`. Its columns are the section of the RFC, a description, the
 * request with `\n` for CRLF, the statuses, and optionally a pattern for a header line, which no
 * line may match after `not`. */
export function protocolRows(): readonly Row[] {
  const text = readFileSync(sourceFile('test/http/connections/protocol.txt'), 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line): Row => {
      const [section = '', what = '', request = '', statuses = '', head] = line.split(' | ')
      const row = {
        section,
        what,
        sent: bytesOf(request),
        statuses: statuses.split(' ').map(Number),
      }
      if (head === undefined) return row
      const pattern = new RegExp(head.replace(/^not /, ''), 'im')
      return { ...row, head: { pattern, isThere: !head.startsWith('not ') } }
    })
}

function bytesOf(request: string): string {
  return request
    .replace(/\{(\w)\*(\d+)\}/g, (_, letter, count) => letter.repeat(Number(count)))
    .replace(/\\(?:x(..)|(.))/g, (_, code, name) =>
      code ? String.fromCharCode(Number.parseInt(code, 16)) : (ESCAPES[name] ?? name),
    )
    .replace(/\{(\w+)\}/g, (whole, name) => PARTS[name] ?? whole)
}
