import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { Answer } from '../dialect/wire.ts'

const COMPRESSED_BYTES_MIN = 1024
/** The weight of a content coding, without its name. */
const WEIGHT = /^[01](?:\.\d*)?$/
const compress = promisify(gzip)

/** Compresses an answer with gzip if it is long enough and the client accepts it. */
export function compressed(answer: Answer, accepted: string | undefined): Answer | Promise<Answer> {
  const { body, headers } = answer
  if (accepted === undefined || body.length < COMPRESSED_BYTES_MIN || !acceptsGzip(accepted)) {
    return answer
  }
  return compress(body, { level: constants.Z_BEST_SPEED }).then((small) => ({
    ...answer,
    body: small,
    headers: { ...headers, 'Content-Encoding': 'gzip' },
  }))
}

/** Parses the header part by part, since one pattern for the whole would take long for a long
 * header. */
function acceptsGzip(accepted: string): boolean {
  return accepted.split(',').some((each) => {
    const [coding = '', weight = 'q=1', ...more] = each.split(';')
    if (coding.trim().toLowerCase() !== 'gzip' || more.length > 0) return false
    const [name, value = ''] = weight.trim().split('=')
    return name?.toLowerCase() === 'q' && WEIGHT.test(value) && isWithin(Number(value))
  })
}

function isWithin(weight: number): boolean {
  return weight > 0 && weight <= 1
}
