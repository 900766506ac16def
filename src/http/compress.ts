import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { Answer } from '../dialect/wire.ts'

/** Length in bytes of the shortest body that is compressed. */
const COMPRESSED_BYTES_MIN = 1024
const GZIP = /(?:^|,)\s*gzip\s*(?:;\s*q=(?:1(?:\.0*)?|0\.\d*[1-9]\d*))?\s*(?:,|$)/i
const compress = promisify(gzip)

/** The answer in gzip where its caller accepts that and it is long enough. */
export function compressed(answer: Answer, accepted: string | undefined): Answer | Promise<Answer> {
  const { body, headers } = answer
  if (accepted === undefined || body.length < COMPRESSED_BYTES_MIN || !GZIP.test(accepted)) {
    return answer
  }
  return compress(body, { level: constants.Z_BEST_SPEED }).then((small) => ({
    ...answer,
    body: small,
    headers: { ...headers, 'Content-Encoding': 'gzip' },
  }))
}
