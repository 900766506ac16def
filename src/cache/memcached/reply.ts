/** memcached's own limit of a value, unless its `-I` says otherwise. */
const VALUE_BYTES_MAX = 1024 * 1024
const LINE_BYTES_MAX = 512
const VALUE = /^VALUE ([!-~]{1,250}) (\d{1,10}) (\d{1,10})$/
const AFTER_VALUE = '\r\nEND\r\n'

/** What the server answers to one command. */
export interface Reply {
  readonly line: string
  /** Of a value that was found. */
  readonly key?: string
  readonly value?: Buffer
  /** Where the next answer begins. */
  readonly end: number
}

/** What was received is not an answer of memcached. It is not repeated: it may hold a token. */
export class NotMemcachedError extends Error {
  override readonly name = 'NotMemcachedError'
  override readonly message = 'an answer that is not of memcached'
}

/**
 * Reads the answer at the beginning of what was received.
 *
 * @returns undefined when it is not whole yet
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
  // Other flags mean that the bytes are a number, compressed or an object of Python.
  const found = flags === '0' ? { value: received.subarray(start, valueEnd) } : {}
  return { line: 'VALUE', key, ...found, end }
}
