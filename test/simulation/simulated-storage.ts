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
export const CALM = {
  unavailable: 0,
  /** The call is carried out, but its answer is lost. */
  answerLost: 0,
  /** The call is never carried out, and its outcome is unknown. */
  callLost: 0,
  /** The call is carried out long after its caller gave up. */
  late: 0,
  /** The call is carried out twice. Never a commit. */
  duplicated: 0,
  /** The call takes seconds. */
  slow: 0,
}
export type Trouble = typeof CALM

type Fate = keyof Trouble | 'well'

const NEVER = Number.POSITIVE_INFINITY
const LATE_MS_MAX = 8_000
const SLOW_MS_MAX = 4_000
const USUAL_MS_MAX = 6

interface Network {
  readonly time: VirtualTime
  readonly random: Seeded
  readonly store: MemoryStore
  readonly trouble: Trouble
}

/**
 * The store as one process sees it over a network that delays, loses, repeats and reorders. The
 * engine's server is elsewhere: no `versionNow`, and fences are not looked at.
 */
export function simulatedDriver(network: Network, process: SimulatedProcess): StorageDriver {
  const { time, random } = network
  const memory = new MemoryDriver(network.store)
  const usualMs = () => random.below(USUAL_MS_MAX)
  const fail = (reject: (error: Error) => void, ms: number) =>
    time.after(ms, () => reject(new StorageUnavailableError('simulated')), process)

  const read = <T>(carryOut: () => Promise<T>, deadline: number): Promise<T> => {
    const fate = fateOf(network)
    return new Promise((resolve, reject) => {
      const isLost = fate === 'callLost' || fate === 'answerLost'
      if (isLost || fate === 'unavailable') {
        fail(reject, isLost ? deadline - time.now : usualMs())
        return
      }
      const ms = fate === 'slow' || fate === 'late' ? random.below(SLOW_MS_MAX) : 0
      time.after(ms + usualMs(), () => {
        void carryOut().then((answer) => {
          time.after(usualMs(), () => resolve(answer), process)
        }, reject)
      })
    })
  }

  const commit = (
    carryOut: () => Promise<CommitResult>,
    deadline: number,
    mayRepeat = false,
  ): Promise<CommitResult> => {
    const fate = fateOf(network)
    const leftMs = Math.max(0, deadline - time.now)
    const cause = new Error(`simulated: ${fate}`)
    const unknown = (underWay: boolean): CommitResult => ({ outcome: 'unknown', underWay, cause })
    const soon = () => Math.min(leftMs, random.below(SLOW_MS_MAX))
    return new Promise((resolve, reject) => {
      const answer = (ms: number, result: CommitResult) =>
        time.after(ms, () => resolve(result), process)
      const onServer = (ms: number, then: (result: CommitResult) => void = () => {}) =>
        time.after(ms, () => void carryOut().then(then, reject))
      if (fate === 'unavailable') fail(reject, usualMs())
      else if (fate === 'callLost') answer(soon(), unknown(false))
      else if (fate === 'late') {
        answer(soon(), unknown(true))
        onServer(random.below(LATE_MS_MAX))
      } else if (fate === 'answerLost') {
        // The answer may also have been a refusal.
        onServer(usualMs(), () => answer(soon(), unknown(false)))
      } else {
        const ms = fate === 'slow' ? random.below(SLOW_MS_MAX) : 0
        const inTime = ms < leftMs
        onServer(ms + usualMs(), (result) => {
          if (inTime) answer(usualMs(), result)
        })
        if (!inTime) answer(leftMs, unknown(true))
        if (fate === 'duplicated' && mayRepeat) onServer(random.below(LATE_MS_MAX))
      }
    })
  }

  const write = async <T>(carryOut: () => Promise<T>, deadline: number) => {
    let written: T | undefined
    const applied = async (): Promise<CommitResult> => {
      written = await carryOut()
      return { outcome: 'applied' }
    }
    const { outcome } = await commit(applied, deadline, true)
    if (outcome === 'applied') return written
    throw new StorageUnavailableError('simulated: not known')
  }

  // The simulation enforces the deadlines itself.
  const own = (name: string): ((...call: unknown[]) => Promise<unknown>) =>
    Reflect.get(memory, name).bind(memory)
  const reading = (name: string) => {
    const method = (...call: [...unknown[], ReadOptions]) => {
      const by = call.pop() as ReadOptions
      return read(() => own(name)(...call, { ...by, deadline: NEVER }), by.deadline)
    }
    return [name, method]
  }
  const writing = (name: string) => {
    const method = (...call: unknown[]) => {
      const place = call.findIndex((each) => typeof each === 'number')
      return write(() => own(name)(...call.slice(0, place), NEVER), Number(call[place]))
    }
    return [name, method]
  }
  return {
    ...{ name: 'simulated', open: async () => {}, close: async () => {} },
    ...Object.fromEntries(['get', 'getMany', 'slice', 'sorts', 'scan'].map(reading)),
    ...Object.fromEntries(['append', 'drop', 'purge'].map(writing)),
    engineTime: (deadline) => read(async () => time.wallMs, deadline),
    commit: (table, partition, { fence: _, ...what }, deadline) =>
      commit(() => memory.commit(table, partition, what, NEVER), deadline),
  } as StorageDriver
}

function fateOf({ random, trouble }: Network): Fate {
  let chance = random.below(1_000)
  for (const [fate, share] of Object.entries(trouble) as [keyof Trouble, number][]) {
    chance -= share
    if (chance < 0) return fate
  }
  return 'well'
}
