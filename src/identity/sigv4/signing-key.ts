import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { SignatureClaim } from './claim.ts'
import { ALGORITHM } from './terms.ts'

const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c
/** Bytes of a string to sign, whose longest part is a region. */
const TO_SIGN_BYTES_MAX = 256

/**
 * Signs requests of one access key for one scope: a day and a region. The secret cannot be derived
 * from it.
 *
 * Computes HMAC-SHA256 (RFC 2104) with two hashes, in buffers that it reuses. Node's `Hmac`, with a
 * native object per request, took longer than all the rest of a verification.
 */
export class SigningKey {
  readonly #key: Buffer
  /** Padded keys, each with room for the data hashed after it. */
  readonly #inner = Buffer.alloc(BLOCK_BYTES + TO_SIGN_BYTES_MAX)
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES)

  /** @param key of 32 bytes */
  private constructor(key: Buffer) {
    this.#key = key
    for (let at = 0; at < BLOCK_BYTES; at++) {
      this.#inner[at] = INNER_PAD ^ (key[at] ?? 0)
      this.#outer[at] = OUTER_PAD ^ (key[at] ?? 0)
    }
  }

  /** @param scope `day/region/service/terminator` */
  static derive(secret: string, scope: string): SigningKey {
    return new SigningKey(scope.split('/').reduce(hmac, Buffer.from(`AWS4${secret}`)))
  }

  equals(other: SigningKey): boolean {
    return timingSafeEqual(this.#key, other.#key)
  }

  /** Compares in constant time. */
  hasSigned(claim: SignatureClaim, payloadHash: string): boolean {
    const { date, terms, canonicalHead, signature } = claim
    const hashed = hash('sha256', canonicalHead + payloadHash)
    const expected = this.#sign(`${ALGORITHM}\n${date}\n${terms.scope}\n${hashed}`)
    return timingSafeEqual(Buffer.from(expected, 'latin1'), Buffer.from(signature, 'latin1'))
  }

  /** @param text in ASCII */
  #sign(text: string): string {
    const length = BLOCK_BYTES + this.#inner.write(text, BLOCK_BYTES, 'latin1')
    this.#outer.write(hash('sha256', this.#inner.subarray(0, length)), BLOCK_BYTES, 'hex')
    return hash('sha256', this.#outer)
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
