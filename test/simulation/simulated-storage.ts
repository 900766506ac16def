import {
  type CommitResult,
  type ReadOptions,
  type StorageDriver,
  StorageUnavailableError,
} from '../../src/storage/driver.ts'
import { MemoryDriver } from '../../src/storage/memory/driver.ts'
import type { MemoryStore } from '../../src/storage/memory/store.ts'
import type { Seeded } from '../seeded.ts'
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts'

/** How often each fault occurs, per thousand calls. */
export interface Trouble {
  unavailable: number
  /** The call is carried out, but its answer is lost. */
  answerLost: number
  /** The call is never carried out, and its outcome is unknown. */
  callLost: number
  /** The call is carried out long after its caller gave up. */
  late: number
  /** The call is carried out twice. Never a commit. */
  duplicated: number
  /** The call takes seconds. */
  slow: number
}

export const CALM: Trouble = {
  ...{ unavailable: 0, answerLost: 0, callLost: 0, late: 0, duplicated: 0, slow: 0 },
}

type Fate = keyof Trouble | 'well'

const NEVER = Number.POSITIVE_INFINITY
const LATE_MS_MAX = 8_000
const SLOW_MS_MAX = 4_000
const USUAL_MS_MAX = 6

/** The store as one process sees it, over a network that delays, loses, repeats and reorders
 * calls. */
export class SimulatedStorage {
  readonly #time: VirtualTime
  readonly #random: Seeded
  readonly #store: MemoryStore
  readonly #trouble: Trouble

  constructor(time: VirtualTime, random: Seeded, store: MemoryStore, trouble: Trouble) {
    this.#time = time
    this.#random = random
    this.#store = store
    this.#trouble = trouble
  }

  /** The engine is remote: there is no `versionNow`, and fences are not checked. */
  driverOf(process: SimulatedProcess): StorageDriver {
    const memory = new MemoryDriver(this.#store)
    const read = <T>(carryOut: () => Promise<T>, deadline: number): Promise<T> =>
      this.#read(process, carryOut, deadline)
    const write = (carryOut: () => Promise<void>, deadline: number): Promise<void> =>
      this.#write(process, carryOut, deadline)
    // The simulation enforces the deadlines itself.
    const endless = (options: ReadOptions) => ({ ...options, deadline: NEVER })
    return {
      name: 'simulated',
      open: async () => {},
      close: async () => {},
      get: (table, partition, sort, by) =>
        read(() => memory.get(table, partition, sort, endless(by)), by.deadline),
      getMany: (table, partition, sorts, by) =>
        read(() => memory.getMany(table, partition, sorts, endless(by)), by.deadline),
      slice: (table, partition, range, direction, budget, by) => {
        const own = [range, direction, budget] as const
        return read(() => memory.slice(table, partition, ...own, endless(by)), by.deadline)
      },
      sorts: (table, partition, range, rows, by) =>
        read(() => memory.sorts(table, partition, range, rows, endless(by)), by.deadline),
      scan: (table, request, by) =>
        read(() => memory.scan(table, request, endless(by)), by.deadline),
      engineTime: (deadline) => read(async () => this.#time.wallMs, deadline),
      commit: (table, partition, { fence: _, ...commit }, deadline) =>
        this.#commit(process, () => memory.commit(table, partition, commit, NEVER), deadline),
      append: (table, partition, rows, deadline) =>
        write(() => memory.append(table, partition, rows, NEVER), deadline),
      drop: (table, partition, through, deadline) =>
        write(() => memory.drop(table, partition, through, NEVER), deadline),
      async purge(table, from, deadline) {
        let next: Buffer | null = from
        await write(async () => {
          next = await memory.purge(table, from, NEVER)
        }, deadline)
        return next
      },
    }
  }

  #fate(): Fate {
    let chance = this.#random.below(1_000)
    for (const [fate, share] of Object.entries(this.#trouble) as [keyof Trouble, number][]) {
      chance -= share
      if (chance < 0) return fate
    }
    return 'well'
  }

  #read<T>(process: SimulatedProcess, carryOut: () => Promise<T>, deadline: number): Promise<T> {
    const fate = this.#fate()
    return new Promise((resolve, reject) => {
      const fail = this.#failing(process, reject)
      if (fate === 'unavailable' || fate === 'callLost' || fate === 'answerLost') {
        fail(fate === 'unavailable' ? this.#usualMs() : deadline - this.#time.now)
        return
      }
      const ms = fate === 'slow' || fate === 'late' ? this.#random.below(SLOW_MS_MAX) : 0
      this.#time.after(ms + this.#usualMs(), () => {
        void carryOut().then((answer) => {
          this.#time.after(this.#usualMs(), () => resolve(answer), process)
        }, reject)
      })
    })
  }

  async #write(
    process: SimulatedProcess,
    carryOut: () => Promise<void>,
    deadline: number,
  ): Promise<void> {
    const applied = () => carryOut().then((): CommitResult => ({ outcome: 'applied' }))
    const { outcome } = await this.#commit(process, applied, deadline, true)
    if (outcome !== 'applied') throw new StorageUnavailableError('simulated: not known')
  }

  #commit(
    process: SimulatedProcess,
    carryOut: () => Promise<CommitResult>,
    deadline: number,
    mayRepeat = false,
  ): Promise<CommitResult> {
    const time = this.#time
    const fate = this.#fate()
    const leftMs = Math.max(0, deadline - time.now)
    const cause = new Error(`simulated: ${fate}`)
    const unknown = (underWay: boolean): CommitResult => ({ outcome: 'unknown', underWay, cause })
    const soon = () => Math.min(leftMs, this.#random.below(SLOW_MS_MAX))
    return new Promise((resolve, reject) => {
      const answer = (ms: number, result: CommitResult) =>
        time.after(ms, () => resolve(result), process)
      const onServer = (ms: number, then: (result: CommitResult) => void = () => {}) =>
        time.after(ms, () => void carryOut().then(then, reject))
      switch (fate) {
        case 'unavailable':
          this.#failing(process, reject)(this.#usualMs())
          return
        case 'callLost':
          answer(soon(), unknown(false))
          return
        case 'late':
          answer(soon(), unknown(true))
          onServer(this.#random.below(LATE_MS_MAX))
          return
        case 'answerLost':
          // The answer may also have been a refusal.
          onServer(this.#usualMs(), () => answer(soon(), unknown(false)))
          return
        default: {
          const ms = fate === 'slow' ? this.#random.below(SLOW_MS_MAX) : 0
          const inTime = ms < leftMs
          onServer(ms + this.#usualMs(), (result) => {
            if (inTime) answer(this.#usualMs(), result)
          })
          if (!inTime) answer(leftMs, unknown(true))
          if (fate === 'duplicated' && mayRepeat) onServer(this.#random.below(LATE_MS_MAX))
        }
      }
    })
  }

  #failing(process: SimulatedProcess, reject: (error: Error) => void): (ms: number) => void {
    const error = new StorageUnavailableError('simulated')
    return (ms) => this.#time.after(ms, () => reject(error), process)
  }

  #usualMs(): number {
    return this.#random.below(USUAL_MS_MAX)
  }
}
