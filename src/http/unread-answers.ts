import type { ServerResponse } from 'node:http'

/** A caller that reads nothing of its answer for so long is cut off. */
export const READ_IDLE_SECONDS_MAX = 10
/** However steadily it is read, an answer has been taken by then. */
export const READ_TOTAL_SECONDS_MAX = 60
/** Answers that one process holds for those who have not read them; the oldest go first. */
export const UNREAD_BYTES_MAX = 256 * 1024 * 1024

export interface UnreadLimits {
  readonly idleSecondsMax: number
  readonly totalSecondsMax: number
  readonly bytesMax: number
}

const LIMITS: UnreadLimits = {
  idleSecondsMax: READ_IDLE_SECONDS_MAX,
  totalSecondsMax: READ_TOTAL_SECONDS_MAX,
  bytesMax: UNREAD_BYTES_MAX,
}

/** Answers that were larger than what their callers' connections took at once. */
export class UnreadAnswers {
  readonly #limits: UnreadLimits
  readonly #bytesOf = new Map<ServerResponse, number>()
  #bytes = 0

  constructor(limits: UnreadLimits = LIMITS) {
    this.#limits = limits
  }

  /** To be told of every answer whose `end` was called; most need nothing. */
  note(outgoing: ServerResponse): void {
    const bytes = outgoing.socket?.writableLength ?? 0
    if (bytes === 0) return
    const cut = (): void => {
      outgoing.destroy()
    }
    // Node counts from the last byte that the other side has taken.
    outgoing.setTimeout(this.#limits.idleSecondsMax * 1_000, cut)
    const timer = setTimeout(cut, this.#limits.totalSecondsMax * 1_000).unref()
    const forget = (): void => {
      clearTimeout(timer)
      this.#forget(outgoing)
    }
    outgoing.once('finish', forget)
    outgoing.once('close', forget)
    this.#bytesOf.set(outgoing, bytes)
    this.#bytes += bytes
    for (const [oldest] of this.#bytesOf) {
      if (this.#bytes <= this.#limits.bytesMax) break
      this.#forget(oldest)
      oldest.destroy()
    }
  }

  #forget(outgoing: ServerResponse): void {
    this.#bytes -= this.#bytesOf.get(outgoing) ?? 0
    this.#bytesOf.delete(outgoing)
  }
}
