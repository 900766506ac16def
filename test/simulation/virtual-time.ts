import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'

/** A simulated process: its timers and answers wait while it is paused, and end with it. */
export interface SimulatedProcess {
  /** Added to the wall clock of what runs in it, in milliseconds. */
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

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  now: performance.now.bind(performance),
  dateNow: Date.now,
  random: Math.random,
  stackTraceLimit: Error.stackTraceLimit,
  delay: timers.setTimeout,
  turn: timers.setImmediate,
}

/**
 * The time of a simulation, which passes only where everything waits for it: what takes hours then
 * takes milliseconds, and goes the same way each time. Between `install` and `uninstall` every
 * timer and clock of this process follows it.
 */
export class VirtualTime {
  readonly #events: Event[] = []
  /** Whose event came last: what follows from it, up to the next one, is that process's. */
  #current: SimulatedProcess | undefined
  readonly #startedAt: number
  #now = 0
  #sequence = 0

  /** `startedAt`: milliseconds since 1970. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  /** By the clock of nobody: the engine's. */
  get wallMs(): number {
    return this.#startedAt + this.#now
  }

  get now(): number {
    return this.#now
  }

  /** What `work` begins belongs to the process. */
  within<T>(process: SimulatedProcess, work: () => T): T {
    this.#current = process
    return work()
  }

  /** Runs at a later time, of the process if one is given. Returns what takes it back. */
  after(milliseconds: number, run: () => void, process?: SimulatedProcess): () => void {
    const at = this.#now + Math.max(0, milliseconds)
    const event = { at, sequence: this.#sequence++, process, run }
    insert(this.#events, event)
    return () => {
      const place = this.#events.indexOf(event)
      if (place >= 0) this.#events.splice(place, 1)
    }
  }

  install(random: () => number): void {
    const later = (milliseconds: number, run: () => void) =>
      this.after(milliseconds, run, this.#current)
    const delayed = async (milliseconds = 0, value?: unknown, how?: { signal?: AbortSignal }) => {
      how?.signal?.throwIfAborted()
      return new Promise((resolve, reject) => {
        const cancel = later(milliseconds, () => {
          how?.signal?.removeEventListener('abort', abort)
          resolve(value)
        })
        const abort = () => {
          cancel()
          reject(how?.signal?.reason)
        }
        how?.signal?.addEventListener('abort', abort, { once: true })
      })
    }
    Object.assign(globalThis, {
      setTimeout: (run: (...given: unknown[]) => void, milliseconds = 0, ...given: unknown[]) =>
        timerOf(later(milliseconds, () => run(...given))),
      clearTimeout: (timer: { cancel?: () => void } | undefined) => timer?.cancel?.(),
      setImmediate: (run: (...given: unknown[]) => void, ...given: unknown[]) =>
        timerOf(later(0, () => run(...given))),
    })
    Object.assign(timers, { setTimeout: delayed, setImmediate: () => delayed() })
    performance.now = () => this.#now
    Date.now = () => this.#startedAt + this.#now + (this.#current?.clockAheadMs ?? 0)
    Math.random = random
    // Thousands of played failures are made, and nobody looks where.
    Error.stackTraceLimit = 0
    syncBuiltinESMExports()
  }

  uninstall(): void {
    const { setTimeout, clearTimeout, setImmediate } = real
    Object.assign(globalThis, { setTimeout, clearTimeout, setImmediate })
    Object.assign(timers, { setTimeout: real.delay, setImmediate: real.turn })
    performance.now = real.now
    Date.now = real.dateNow
    Math.random = real.random
    Error.stackTraceLimit = real.stackTraceLimit
    syncBuiltinESMExports()
  }

  /** Lets time pass until the work is done, or for so long; whether it was done. */
  async pass(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
    const until = this.#now + milliseconds
    let isDone = false
    const done = () => {
      isDone = true
    }
    work.then(done, done)
    for (;;) {
      await new Promise<void>((resolve) => real.setImmediate(resolve))
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

/** Keeps the list in the order of time, then of coming. */
function insert(events: Event[], event: Event): void {
  let place = events.length
  while (place > 0 && isBehind(events[place - 1] as Event, event)) place--
  events.splice(place, 0, event)
}

function isBehind(a: Event, b: Event): boolean {
  return a.at > b.at || (a.at === b.at && a.sequence > b.sequence)
}
