import { MagnetoDBError } from '../model/errors.ts'

/** Headers that identify the caller or the content. Node joins repeated ones to `a, b` or drops the
 * second, while a proxy may have used the other. */
const SINGLE_HEADERS: readonly string[] = [
  'host',
  'authorization',
  'content-type',
  'content-encoding',
  'x-auth-token',
  'x-service-token',
  'x-openstack-request-id',
  'x-amz-target',
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
]
const SINGLE_HEADER_LENGTHS = new Set(SINGLE_HEADERS.map((name) => name.length))

/**
 * @param lines names and values alternate
 * @throws MagnetoDBError `header_repeated` if one of `SINGLE_HEADERS` occurs twice
 */
export function checkSingleHeaders(lines: readonly string[]): void {
  let seen = 0
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i] as string
    if (!SINGLE_HEADER_LENGTHS.has(name.length)) continue
    const index = SINGLE_HEADERS.indexOf(name.toLowerCase())
    if (index === -1) continue
    if (seen & (1 << index)) throw new MagnetoDBError({ is: 'header_repeated', name })
    seen |= 1 << index
  }
}

/** @throws MagnetoDBError `content_encoding_unsupported` */
export function checkContentEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return
  throw new MagnetoDBError({ is: 'content_encoding_unsupported' })
}
