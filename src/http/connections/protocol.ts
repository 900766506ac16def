import type { IncomingMessage } from 'node:http'
import { type Answer, TEXT_TYPE } from '../../dialect/wire.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { isHost } from '../host.ts'

/** Header lines of a request. */
const HEADERS_MAX = 100

/* Plain text, since no wire is known yet; a proxy may answer the same. */
const TOO_MANY_HEADERS = lastAnswer(431, 'Too many header lines')
const VERSION_UNSUPPORTED = lastAnswer(505, 'Only HTTP/1.0 and HTTP/1.1 are spoken here')
const EXPECTATION_FAILED = lastAnswer(417, 'Only 100-continue may be expected')
/** An HTTP/1.0 proxy would have read the body's length differently. */
const CODING_IN_HTTP_1_0 = lastAnswer(400, 'HTTP/1.0 has no Transfer-Encoding')
const LENGTH_UNKNOWN = lastAnswer(400, 'The last transfer coding is not chunked')
const CODING_NOT_IMPLEMENTED = lastAnswer(501, 'Only the transfer coding chunked is implemented')

function lastAnswer(status: number, body: string): Answer {
  return { status, contentType: TEXT_TYPE, body, headers: { Connection: 'close' } }
}

/**
 * Checks rules of HTTP (RFC 9110, 9112) that Node.js does not. Undefined if there is no objection.
 *
 * @throws MagnetoDBError `host_malformed`
 */
export function protocolRefusal(incoming: IncomingMessage): Answer | undefined {
  const { rawHeaders, headers, httpVersionMajor, httpVersionMinor } = incoming
  if (rawHeaders.length > 2 * HEADERS_MAX) return TOO_MANY_HEADERS
  if (httpVersionMajor !== 1) return VERSION_UNSUPPORTED
  const { host, expect, 'transfer-encoding': coding } = headers
  const isOld = httpVersionMinor === 0
  if (!(host === undefined ? isOld : isHost(host))) {
    throw new MagnetoDBError({ is: 'host_malformed' })
  }
  if (expect !== undefined && !isOld && expect.toLowerCase() !== '100-continue') {
    return EXPECTATION_FAILED
  }
  if (coding === undefined) return undefined
  if (isOld) return CODING_IN_HTTP_1_0
  if (!/(?:^|[\s,])chunked$/i.test(coding)) return LENGTH_UNKNOWN
  return coding.toLowerCase() === 'chunked' ? undefined : CODING_NOT_IMPLEMENTED
}
