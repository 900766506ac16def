import { createHash, hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Bytes hashed per turn of the event loop, which takes a millisecond or two. */
const PIECE_BYTES = 1024 * 1024

/** The SHA-256 of a body as it was received, in hex. */
export function payloadHashOf(body: Buffer): string | Promise<string> {
  return body.length <= PIECE_BYTES ? hash('sha256', body) : hashInPieces(body)
}

async function hashInPieces(body: Buffer): Promise<string> {
  const hashing = createHash('sha256')
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    if (at > 0) await nextTurn()
    hashing.update(body.subarray(at, at + PIECE_BYTES))
  }
  return hashing.digest('hex')
}
