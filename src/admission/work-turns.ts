import type { Steps } from '../model/steps.ts'
import { ShareQueue } from './share-queue.ts'

/** Milliseconds of one turn of the event loop for waiting work. */
const TURN_MS_MAX = 8
/** Milliseconds of a slice, after which another share's work follows. */
const SLICE_MS_MAX = 2
/** Slices of one turn. */
const SLICES_MAX = 16
/** Milliseconds for which new work runs at once if none waits. */
const AT_ONCE_MS_MAX = 0.5

interface Waiting {
  readonly share: string
  /** Returns whether the work is done. */
  goOnUntil(ms: number): boolean
}

/** Divides the time of the event loop. Long work runs in slices, which go from share to share. Each
 * turn of the loop spends a bounded time on it, however many operations there are. */
export class WorkTurns {
  readonly #waiting = new ShareQueue<Waiting>()
  #slices = 0
  #slicesNext = 0
  #untilMs = 0
  readonly #nowMs: () => number

  /** @param nowMs a clock in milliseconds, of which only differences count */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** The result of all steps. Synchronous if they are few and no work waits. */
  finish<T>(share: string, steps: Steps<T>): T | Promise<T> {
    let step = steps.next()
    if (step.done) return step.value
    if (this.#waiting.size === 0) {
      const untilMs = this.#nowMs() + AT_ONCE_MS_MAX
      while (step.value !== 'long' && this.#nowMs() < untilMs) {
        step = steps.next()
        if (step.done) return step.value
      }
    }
    const nowMs = this.#nowMs
    return new Promise((resolve, reject) => {
      this.#wait({
        share,
        goOnUntil(ms) {
          try {
            do {
              const { done, value } = steps.next()
              if (!done) continue
              resolve(value)
              return true
            } while (nowMs() < ms)
          } catch (error) {
            reject(error)
            return true
          }
          return false
        },
      })
    })
  }

  turn(share: string): Promise<void> {
    return new Promise((resolve) => {
      this.#wait({
        share,
        goOnUntil() {
          resolve()
          return true
        },
      })
    })
  }

  #wait(work: Waiting): void {
    this.#waiting.push(work.share, work)
    if (this.#slicesNext === 0) this.#sliceLater()
  }

  /** Uses one immediate per slice, so that the promises that a slice resolves continue before the
   * next slice. */
  #sliceLater(): void {
    this.#slicesNext++
    setImmediate(() => this.#slice())
  }

  #slice(): void {
    const now = this.#nowMs()
    if (this.#slices === 0) {
      this.#slices = this.#slicesNext
      this.#slicesNext = 0
      this.#untilMs = now + TURN_MS_MAX
    }
    this.#slices--
    if (now < this.#untilMs) this.#goOn(Math.min(now + SLICE_MS_MAX, this.#untilMs))
    if (this.#slices > 0) return
    const slices = Math.min(SLICES_MAX, this.#waiting.size)
    while (this.#slicesNext < slices) this.#sliceLater()
  }

  #goOn(untilMs: number): void {
    const next = this.#waiting.take()
    if (next && !next.goOnUntil(untilMs)) this.#waiting.putBack(next.share, next)
  }
}
