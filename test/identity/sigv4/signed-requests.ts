import { createHmac, hash } from 'node:crypto'
import { basicDate } from '../../../src/identity/sigv4/date.ts'
import { readJson } from '../../stack/project.ts'

/** A request as Node parses it, with header names in lower case. */
export interface Request {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly query?: string
}

export interface Vector extends Request {
  readonly secret: string
}

type Recorded = Omit<Vector, 'body'> & { readonly body: string }

/** The time at which all vectors were signed. */
export const SIGNED_AT_MS = Date.UTC(2026, 10, 29, 18, 30, 5)

/** Requests signed by botocore. */
export function botocoreVectors(): readonly Vector[] {
  const file = 'test/identity/sigv4/botocore-vectors.json'
  const { vectors } = readJson<{ vectors: readonly Recorded[] }>(file)
  return vectors.map((each) => ({ ...each, body: Buffer.from(each.body, 'base64') }))
}

export interface Signing {
  readonly accessKey?: string
  readonly secret?: string
  readonly timeMs?: number
  readonly region?: string
  readonly service?: string
  readonly terminator?: string
  /** The day in the scope. */
  readonly day?: string
  readonly body?: Buffer | string
  /** Headers to add or to replace; `undefined` removes one. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Names of the signed headers. Default: all. */
  readonly signed?: readonly string[]
}

function collapsed(value: string): string {
  return value.trim().split(/\s+/).join(' ')
}

/**
 * The reference implementation, from AWS's documentation. It shares only the format of dates with
 * the code under test.
 * @returns the headers, with names in lower case
 */
export function signed(signing: Signing = {}): Record<string, string> {
  const { accessKey = 'AKEY', secret = 'the secret', timeMs = SIGNED_AT_MS } = signing
  const { region = 'us-east-1', service = 'dynamodb', terminator = 'aws4_request' } = signing
  const date = basicDate(timeMs)
  const headers: Record<string, string> = {}
  const wanted = {
    'content-type': 'application/x-amz-json-1.0',
    host: '127.0.0.1:8480',
    'x-amz-date': date,
    'x-amz-target': 'DynamoDB_20120810.ListTables',
    ...signing.headers,
  }
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) headers[name] = value
  const names = [...(signing.signed ?? Object.keys(headers))].sort()
  const lines = names.map((name) => `${name}:${collapsed(headers[name] ?? '')}\n`).join('')
  const payloadHash = hash('sha256', signing.body ?? '')
  const canonical = `POST\n/\n\n${lines}\n${names.join(';')}\n${payloadHash}`
  const { day = date.slice(0, 8) } = signing
  const scope = `${day}/${region}/${service}/${terminator}`
  headers.authorization =
    `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names.join(';')}, ` +
    `Signature=${signature(secret, date, scope, canonical)}`
  return headers
}

/** The signature of a canonical request. */
export function signature(
  secret: string,
  date: string,
  scope: string,
  canonical: string,
  keyParts = scope.split('/'),
): string {
  let key: string | Buffer = `AWS4${secret}`
  for (const part of keyParts) key = createHmac('sha256', key).update(part).digest()
  const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash('sha256', canonical)}`
  return createHmac('sha256', key).update(toSign).digest('hex')
}
