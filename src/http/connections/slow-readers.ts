import type { ServerResponse } from 'node:http'

/** Seconds in which a client reads nothing of its answer, after which it is cut off. */
export const READ_IDLE_SECONDS_MAX = 8
/** Seconds in which a client must read its answer. */
export const READ_TOTAL_SECONDS_MAX = 60
/** Bytes of unread answers in one process. Beyond it, one of the share that holds the most is cut
 * off, the one idle the longest. */
export const UNREAD_BYTES_MAX = 256 * 1024 * 1024
/** Bytes of a piece. Longer answers are written in pieces, which shows how far they are read. */
const PIECE_BYTES = 64 * 1024
const SWEEP_INTERVAL_MS = 1_000

const LIMITS = {
  idleSecondsMax: READ_IDLE_SECONDS_MAX,
  totalSecondsMax: READ_TOTAL_SECONDS_MAX,
  bytesMax: UNREAD_BYTES_MAX,
}
export type UnreadLimits = Readonly<typeof LIMITS>

/** Sends answers, and cuts off clients that do not read them. Node's time-out of a connection does
 * not work, since any data from the client restarts it. */
export class UnreadAnswers {
  readonly #limits: UnreadLimits
  readonly #answers = new Set<UnreadAnswer>()
  #bytes = 0
  #isSweeping = false

  constructor(limits: UnreadLimits = LIMITS) {
    this.#limits = limits
  }

  /** Most answers fit into the connection's buffer; they need no watching. */
  end(outgoing: ServerResponse, body: string | Buffer, share: string): void {
    // A client that is gone reads nothing, and must not take the room of another answer.
    if (outgoing.req.socket.destroyed) {
      outgoing.destroy()
      return
    }
    if (body.length > PIECE_BYTES) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      this.#watch(new UnreadAnswer(outgoing, bytes.length, share)).writeOn(bytes, 0)
      return
    }
    outgoing.end(body)
    if (outgoing.writableLength > 0) this.#watch(new UnreadAnswer(outgoing, body.length, share))
  }

  #watch(answer: UnreadAnswer): UnreadAnswer {
    this.#answers.add(answer)
    this.#bytes += answer.bytes
    const forget = (): void => this.#forget(answer)
    answer.outgoing.once('finish', forget)
    answer.outgoing.once('close', forget)
    while (this.#bytes > this.#limits.bytesMax) this.#cut(this.#idlestOfLargest() ?? answer)
    this.#sweepLater()
    return answer
  }

  #idlestOfLargest(): UnreadAnswer | undefined {
    const held = new Map<string, number>()
    for (const { share, bytes } of this.#answers) held.set(share, (held.get(share) ?? 0) + bytes)
    const most = Math.max(...held.values())
    let idlest: UnreadAnswer | undefined
    for (const answer of this.#answers) {
      if (held.get(answer.share) !== most) continue
      if (idlest === undefined || answer.takenAt < idlest.takenAt) idlest = answer
    }
    return idlest
  }

  #forget(answer: UnreadAnswer): void {
    if (this.#answers.delete(answer)) this.#bytes -= answer.bytes
  }

  #cut(answer: UnreadAnswer): void {
    this.#forget(answer)
    // An answer that waits behind another one of its connection has no socket yet.
    answer.outgoing.destroy()
    answer.outgoing.req.socket.destroy()
  }

  #sweepLater(): void {
    if (this.#isSweeping) return
    this.#isSweeping = true
    setTimeout(() => {
      this.#isSweeping = false
      this.#sweep()
      if (this.#answers.size > 0) this.#sweepLater()
    }, SWEEP_INTERVAL_MS).unref()
  }

  #sweep(): void {
    const now = performance.now()
    for (const answer of this.#answers) {
      const isIdle = now - answer.takenAt > this.#limits.idleSecondsMax * 1_000
      const isLong = now - answer.startedAt > this.#limits.totalSecondsMax * 1_000
      if (isIdle || isLong) this.#cut(answer)
    }
  }
}

class UnreadAnswer {
  readonly outgoing: ServerResponse
  readonly bytes: number
  readonly share: string
  readonly startedAt = performance.now()
  /** When the connection last accepted a piece. */
  takenAt = this.startedAt

  constructor(outgoing: ServerResponse, bytes: number, share: string) {
    this.outgoing = outgoing
    this.bytes = bytes
    this.share = share
  }

  writeOn(bytes: Buffer, start: number): void {
    const { outgoing } = this
    for (let at = start; ; at += PIECE_BYTES) {
      this.takenAt = performance.now()
      const piece = bytes.subarray(at, at + PIECE_BYTES)
      if (at + PIECE_BYTES >= bytes.length) {
        outgoing.end(piece)
        return
      }
      if (!outgoing.write(piece)) {
        outgoing.once('drain', () => this.writeOn(bytes, at + PIECE_BYTES))
        return
      }
    }
  }
}
