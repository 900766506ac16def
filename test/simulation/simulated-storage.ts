import {
  type CommitResult,
  type ReadOptions,
  type StorageDriver,
  StorageUnavailableError,
} from '../../src/storage/driver.ts'
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
  /** A driver of the store that all processes share. */
  readonly server: StorageDriver
  readonly trouble: Trouble
}

/** The caller got no answer, and does not know what became of the call. */
class Unanswered extends StorageUnavailableError {
  readonly underWay: boolean

  constructor(fate: Fate, underWay: boolean) {
    super(`simulated: ${fate}`)
    this.underWay = underWay
  }
}

/**
 * The store as one process sees it over a network that delays, loses, repeats and reorders. The
 * engine's server is elsewhere: no `versionNow`, and fences are not looked at.
 */
export function simulatedDriver(network: Network, process: SimulatedProcess): StorageDriver {
  const { time, random, server } = network
  const usualMs = () => random.below(USUAL_MS_MAX)

  const call = <T>(
    carryOut: () => Promise<T>,
    deadline: number,
    kind: 'read' | 'commit' | 'plain write',
  ): Promise<T> => {
    const fate = fateOf(network)
    const leftMs = Math.max(0, deadline - time.now)
    // A read without an answer waits until its deadline.
    const soon = () => (kind === 'read' ? leftMs : Math.min(leftMs, random.below(SLOW_MS_MAX)))
    return new Promise((resolve, reject) => {
      const toCaller = (ms: number, settle: () => void) => time.after(ms, settle, process)
      const lost = (ms: number, underWay: boolean) =>
        toCaller(ms, () => reject(new Unanswered(fate, underWay)))
      const onServer = (ms: number, then: (answer: T) => void = () => {}) =>
        time.after(ms, () => void carryOut().then(then, reject))
      if (fate === 'unavailable') {
        toCaller(usualMs(), () => reject(new StorageUnavailableError('simulated')))
      } else if (fate === 'callLost') {
        lost(soon(), false)
      } else if (fate === 'late') {
        lost(soon(), true)
        onServer(random.below(LATE_MS_MAX))
      } else if (fate === 'answerLost') {
        // The answer may also have been a refusal.
        onServer(usualMs(), () => lost(soon(), false))
      } else {
        const ms = fate === 'slow' ? random.below(SLOW_MS_MAX) : 0
        const inTime = ms < leftMs
        onServer(ms + usualMs(), (answer) => {
          if (inTime) toCaller(usualMs(), () => resolve(answer))
        })
        if (!inTime) lost(leftMs, true)
        if (fate === 'duplicated' && kind === 'plain write') onServer(random.below(LATE_MS_MAX))
      }
    })
  }

  // The simulation enforces the deadlines itself.
  const own = (name: string): ((...call: unknown[]) => Promise<unknown>) =>
    Reflect.get(server, name).bind(server)
  const reading = (name: string) => {
    const method = (...given: unknown[]) => {
      const read = given.at(-1) as ReadOptions
      const onTime = given.with(-1, { ...read, deadline: NEVER })
      return call(() => own(name)(...onTime), read.deadline, 'read')
    }
    return [name, method]
  }
  const writing = (name: string) => {
    const method = (...given: unknown[]) => {
      const place = given.findIndex((each) => typeof each === 'number')
      return call(() => own(name)(...given.with(place, NEVER)), Number(given[place]), 'plain write')
    }
    return [name, method]
  }
  return {
    ...{ name: 'simulated', open: async () => {}, close: async () => {} },
    ...Object.fromEntries(['get', 'getMany', 'slice', 'sorts', 'scan'].map(reading)),
    ...Object.fromEntries(['append', 'drop', 'purge'].map(writing)),
    engineTime: (deadline) => call(async () => time.wallMs, deadline, 'read'),
    commit: (table, partition, { fence: _, ...what }, deadline) =>
      call(() => server.commit(table, partition, what, NEVER), deadline, 'commit').catch(
        (cause): CommitResult => {
          if (!(cause instanceof Unanswered)) throw cause
          return { outcome: 'unknown', underWay: cause.underWay, cause }
        },
      ),
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
