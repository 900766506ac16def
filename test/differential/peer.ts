import type { Json } from './tables.ts'

const SCOPE = '20260101/us-east-1/dynamodb/aws4_request'
const ANSWER_LIMIT_MS = 30_000

export interface Answer {
  readonly status: number
  /** The error's type without its namespace. */
  readonly type?: string
  readonly message?: string
  readonly body: Json
}

/** One of the two services compared. */
export class Peer {
  readonly #url: string
  readonly #accessKey: string
  readonly #corrected: (body: unknown) => unknown

  constructor(url: string, accessKey: string, corrected = (body: unknown) => body) {
    this.#corrected = corrected
    this.#url = url
    this.#accessKey = accessKey
  }

  async call(operation: string, body: Json): Promise<Answer> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        authorization:
          `AWS4-HMAC-SHA256 Credential=${this.#accessKey}/${SCOPE}, ` +
          'SignedHeaders=host;x-amz-date;x-amz-target, Signature=00',
        'x-amz-date': '20260101T000000Z',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    })
    const text = await response.text()
    const answer = parsed(text)
    if (response.status === 200) return { status: 200, body: this.#corrected(answer) as Json }
    const { __type, Message, message = Message, ...rest } = answer
    const type = String(__type).replace(/^.*#/, '')
    return {
      status: response.status,
      type,
      message: ordered(String(message ?? '')),
      body: this.#corrected(rest) as Json,
    }
  }
}

/** Sorts the names in messages that list them in the order of a hash table. */
function ordered(message: string): string {
  const names = /(?<=unused in expressions: keys: \{|valid types: \{).*(?=\}$)/
  return message.replace(names, (all) => all.split(/, ?/).sort().join(', '))
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return { unreadable: text }
  }
}
