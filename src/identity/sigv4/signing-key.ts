import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { canonicalRequest } from './canonical-request.ts'
import type { SignatureClaim } from './claim.ts'
import { ALGORITHM, SERVICE, TERMINATOR } from './terms.ts'

/** Signs requests of one access key for one day and region. The secret does not follow from it. */
export type SigningKey = Buffer

export function deriveSigningKey(secret: string, day: string, region: string): SigningKey {
  return [day, region, SERVICE, TERMINATOR].reduce(hmac, Buffer.from(`AWS4${secret}`))
}

/** Takes a time that does not tell how much of a wrong signature is right. */
export function isSignedWith(key: SigningKey, claim: SignatureClaim, payloadHash: string): boolean {
  const { date, day, region } = claim
  const hashed = hash('sha256', canonicalRequest(claim, payloadHash), 'hex')
  const scope = `${day}/${region}/${SERVICE}/${TERMINATOR}`
  const expected = hmac(key, `${ALGORITHM}\n${date}\n${scope}\n${hashed}`)
  return timingSafeEqual(expected, Buffer.from(claim.signature, 'hex'))
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
