import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import type { Seeded } from '../seeded.ts'

/** A simulated process. Its timers and answers wait while it is paused, and end with it. */
export interface SimulatedProcess {
  /** Milliseconds by which its wall clock is ahead. */
  readonly clockAheadMs: number
  pausedUntil: number
  isDead: boolean
}

interface Event {
  readonly at: number
  readonly sequence: number
  readonly process: SimulatedProcess | undefined
  readonly run: () => void
}

const realTurn = globalThis.setImmediate

/** The clock of a simulation. It advances only when everything waits for it, so hours take
 * milliseconds, and every run is the same. */
export class VirtualTime {
  readonly #events: Event[] = []
  /** The process of the last event. Everything that follows, up to the next event, belongs to
   * it. */
  #current: SimulatedProcess | undefined
  readonly #startedAt: number
  #now = 0
  #sequence = 0

  /** @param startedAt milliseconds since 1970 */
  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  /** The engine's wall clock, which no process's deviation changes. */
  get wallMs(): number {
    return this.#startedAt + this.#now
  }

  get now(): number {
    return this.#now
  }

  /** Everything that `work` starts belongs to the process. */
  within<T>(process: SimulatedProcess, work: () => T): T {
    this.#current = process
    return work()
  }

  /** Runs a function later, in a process if one is given. @returns a function that cancels it */
  after(milliseconds: number, run: () => void, process?: SimulatedProcess): () => void {
    const at = this.#now + Math.max(0, milliseconds)
    const event = { at, sequence: this.#sequence++, process, run }
    insert(this.#events, event)
    return () => {
      const place = this.#events.indexOf(event)
      if (place >= 0) this.#events.splice(place, 1)
    }
  }

  /** While the work runs, all timers and clocks of this process follow this one, and
   * `Math.random` follows the seed. */
  async during<T>(random: Seeded, work: () => Promise<T>): Promise<T> {
    const later = (milliseconds: number, run: () => void) =>
      this.after(milliseconds, run, this.#current)
    const delayed = (
      milliseconds = 0,
      value?: unknown,
      { signal }: { signal?: AbortSignal } = {},
    ) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const cancel = later(milliseconds, () => {
          signal?.removeEventListener('abort', abort)
          resolve(value)
        })
        const abort = () => {
          cancel()
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', abort)
      })
    const restores = [
      replace(globalThis, {
        setTimeout: (run: (...given: unknown[]) => void, milliseconds = 0, ...given: unknown[]) =>
          timerOf(later(milliseconds, () => run(...given))),
        clearTimeout: (timer: { cancel?: () => void } | undefined) => timer?.cancel?.(),
        setImmediate: (run: (...given: unknown[]) => void, ...given: unknown[]) =>
          timerOf(later(0, () => run(...given))),
      }),
      replace(timers, { setTimeout: delayed, setImmediate: () => delayed() }),
      replace(performance, { now: () => this.#now }),
      replace(Date, { now: () => this.wallMs + (this.#current?.clockAheadMs ?? 0) }),
      replace(Math, { random: () => random.below(2 ** 32) / 2 ** 32 }),
      // Thousands of simulated failures are created, and nobody reads their stacks.
      replace(Error, { stackTraceLimit: 0 }),
    ]
    syncBuiltinESMExports()
    try {
      return await work()
    } finally {
      for (const restore of restores) restore()
      syncBuiltinESMExports()
    }
  }

  /** Lets time pass until the work is done, or for this long. @returns whether it was done */
  async pass(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
    const until = this.#now + milliseconds
    let isDone = false
    const done = () => {
      isDone = true
    }
    work.then(done, done)
    for (;;) {
      await new Promise((resolve) => realTurn(resolve))
      if (isDone) return true
      const event = this.#events[0]
      if (!event || event.at > until) {
        this.#now = until
        return false
      }
      this.#events.shift()
      this.#run(event)
    }
  }

  #run(event: Event): void {
    const { process, at } = event
    if (process?.isDead) return
    if (process && process.pausedUntil > at) {
      insert(this.#events, { ...event, at: process.pausedUntil })
      return
    }
    this.#now = at
    this.#current = process
    event.run()
  }
}

function timerOf(cancel: () => void) {
  const timer = { cancel, ref: () => timer, unref: () => timer, hasRef: () => false }
  return timer
}

/** Replaces members of an object. @returns a function that puts the old ones back */
function replace(target: object, members: object): () => void {
  const before = Object.keys(members).map((name) => [name, Reflect.get(target, name)])
  Object.assign(target, members)
  return () => Object.assign(target, Object.fromEntries(before))
}

/** Keeps the list ordered by time, then by arrival. */
function insert(events: Event[], event: Event): void {
  events.splice(events.findLastIndex((each) => !isBehind(each, event)) + 1, 0, event)
}

function isBehind(a: Event, b: Event): boolean {
  return a.at > b.at || (a.at === b.at && a.sequence > b.sequence)
}
