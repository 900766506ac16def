/** Bytes of a value, memcached's default limit. */
const VALUE_BYTES_MAX = 1024 * 1024
const LINE_BYTES_MAX = 512
const VALUE = /^VALUE ([!-~]{1,250}) (\d{1,10}) (\d{1,10})$/
const AFTER_VALUE = '\r\nEND\r\n'

export interface Reply {
  readonly line: string
  /** Set for a value that was found. */
  readonly key?: string
  readonly value?: Buffer
  /** Offset of the next answer. */
  readonly end: number
}

/** The server does not speak memcached. The message does not quote it, since it may hold a
 * token. */
export class NotMemcachedError extends Error {
  override readonly name = 'NotMemcachedError'
  override readonly message = 'the answer is not from memcached'
}

/**
 * Reads the answer at the start of the received bytes.
 *
 * @returns undefined if it is incomplete
 * @throws NotMemcachedError
 */
export function readReply(received: Buffer): Reply | undefined {
  const lineEnd = received.indexOf('\r\n')
  if (lineEnd > LINE_BYTES_MAX || (lineEnd === -1 && received.length > LINE_BYTES_MAX)) {
    throw new NotMemcachedError()
  }
  if (lineEnd === -1) return undefined
  const line = received.toString('latin1', 0, lineEnd)
  const [, key, flags, size] = VALUE.exec(line) ?? []
  if (key === undefined) return { line, end: lineEnd + 2 }
  const start = lineEnd + 2
  const valueEnd = start + Number(size)
  if (valueEnd - start > VALUE_BYTES_MAX) throw new NotMemcachedError()
  const end = valueEnd + AFTER_VALUE.length
  if (received.length < end) return undefined
  if (received.toString('latin1', valueEnd, end) !== AFTER_VALUE) throw new NotMemcachedError()
  // Other flags mark Python numbers, objects and compressed values.
  const found = flags === '0' ? { value: received.subarray(start, valueEnd) } : {}
  return { line: 'VALUE', key, ...found, end }
}
