import type { Steps } from '../model/steps.ts'
import { ShareQueue } from './share-queue.ts'

/** Time that one turn of the event loop spends on work that waits, in milliseconds. */
const TURN_MS_MAX = 8
/** Time that work has before that of another share follows, in milliseconds. */
const SLICE_MS_MAX = 2
/** Slices of one turn. */
const SLICES_MAX = 16
/** Time for which work that has just come goes on at once if nobody waits, in milliseconds. */
const AT_ONCE_MS_MAX = 0.5

/** Work that waits for its next slice. */
interface Waiting {
  readonly share: string
  /** @returns whether it has ended */
  goOnUntil(ms: number): boolean
}

/**
 * The time of the event loop, of which a process has one. All work that takes long is done here,
 * in slices that go from share to share. Each turn of the loop spends a bounded time on it: that
 * time is the process's, however many operations there are.
 */
export class WorkTurns {
  readonly #waiting = new ShareQueue<Waiting>()
  #slices = 0
  #slicesNext = 0
  #untilMs = 0

  /** The result of all steps: at once if they are few and nobody waits. */
  finish<T>(share: string, steps: Steps<T>): T | Promise<T> {
    let step = steps.next()
    if (step.done) return step.value
    if (this.#waiting.size === 0) {
      const untilMs = performance.now() + AT_ONCE_MS_MAX
      while (step.value !== 'long' && performance.now() < untilMs) {
        step = steps.next()
        if (step.done) return step.value
      }
    }
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
            } while (performance.now() < ms)
          } catch (error) {
            reject(error)
            return true
          }
          return false
        },
      })
    })
  }

  /** Resolves when it is this share's turn. */
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

  /** Each slice is an immediate of its own, so that what it resolves goes on before the next. */
  #sliceLater(): void {
    this.#slicesNext++
    setImmediate(() => this.#slice())
  }

  #slice(): void {
    const now = performance.now()
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
