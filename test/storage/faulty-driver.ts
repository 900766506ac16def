/**
 * Wraps a driver and plays faults on it, so that what is built above can be tested on every way a
 * storage engine may fail.
 */
import { setTimeout } from 'node:timers/promises'
import {
  type Commit,
  type StorageDriver,
  StorageUnavailableError,
  type TableId,
} from '../../src/storage/driver.ts'

export type Fault =
  /** A `StorageUnavailableError`; nothing is done. */
  | { readonly fault: 'unavailable' }
  /** The call is made after so many milliseconds. */
  | { readonly fault: 'delay'; readonly milliseconds: number }
  /** Commits, appends and drops: carried out, then, before the answer `unknown` or the rejection,
   * `meanwhile` happens. A commit that is refused is reported as refused. */
  | { readonly fault: 'applied-unknown'; meanwhile?(): Promise<unknown> }
  /** The same: not carried out and reported as `unknown`, or rejected. */
  | { readonly fault: 'lost-unknown' }
  /** As that, and it is carried out when `begun` resolves. */
  | { readonly fault: 'late-unknown'; readonly begun: Promise<unknown> }

export interface FaultyCall {
  readonly method:
    | 'get'
    | 'getMany'
    | 'slice'
    | 'scan'
    | 'sorts'
    | 'commit'
    | 'append'
    | 'drop'
    | 'purge'
  /** How many calls of this method came before: 0, 1, and so on. */
  readonly count: number
  readonly table: TableId
  /** Of a commit only. */
  readonly commit?: Commit
}

const PLAYED_TIME_OUT = { outcome: 'unknown', cause: new Error('a played time-out') } as const

/** The fault of one call, or nothing for a call that goes through. */
export type FaultScript = (call: FaultyCall) => Fault | undefined

/** The driver with faults by script. `open`, `close`, `versionNow` and `engineTime` never fail. */
export function faulty(driver: StorageDriver, script: FaultScript): StorageDriver {
  const counts = new Map<string, number>()
  const faultOf = (method: FaultyCall['method'], table: TableId, commit?: Commit) => {
    const count = counts.get(method) ?? 0
    counts.set(method, count + 1)
    return script({ method, count, table, ...(commit === undefined ? {} : { commit }) })
  }
  const before = async (method: FaultyCall['method'], table: TableId) => {
    await play(faultOf(method, table))
  }
  return {
    name: driver.name,
    open: () => driver.open(),
    close: () => driver.close(),
    async get(table, ...rest) {
      await before('get', table)
      return driver.get(table, ...rest)
    },
    async getMany(table, ...rest) {
      await before('getMany', table)
      return driver.getMany(table, ...rest)
    },
    async slice(table, ...rest) {
      await before('slice', table)
      return driver.slice(table, ...rest)
    },
    async scan(table, ...rest) {
      await before('scan', table)
      return driver.scan(table, ...rest)
    },
    async sorts(table, ...rest) {
      await before('sorts', table)
      return driver.sorts(table, ...rest)
    },
    append(table, partition, rows, deadline, reserve) {
      const write = (by: number) => driver.append(table, partition, rows, by, reserve)
      return playWrite(faultOf('append', table), write, deadline)
    },
    drop(table, partition, through, deadline) {
      const write = (by: number) => driver.drop(table, partition, through, by)
      return playWrite(faultOf('drop', table), write, deadline)
    },
    async purge(table, ...rest) {
      await before('purge', table)
      return driver.purge(table, ...rest)
    },
    async commit(table, partition, commit, deadline) {
      const fault = faultOf('commit', table, commit)
      if (fault?.fault === 'lost-unknown') {
        return { ...PLAYED_TIME_OUT, underWay: false }
      }
      if (fault?.fault === 'late-unknown') {
        const late = () => driver.commit(table, partition, commit, Number.POSITIVE_INFINITY)
        void fault.begun.then(late)
        return { ...PLAYED_TIME_OUT, underWay: true }
      }
      await play(fault)
      const result = await driver.commit(table, partition, commit, deadline)
      if (fault?.fault === 'applied-unknown' && result.outcome === 'applied') {
        await fault.meanwhile?.()
        return { ...PLAYED_TIME_OUT, underWay: false }
      }
      return result
    },
    ...(driver.versionNow === undefined
      ? {}
      : { versionNow: (...row) => driver.versionNow?.(...row) ?? null }),
    ...(driver.engineTime && { engineTime: driver.engineTime.bind(driver) }),
  }
}

/** A plain write, of which no answer tells that it may yet be carried out. */
async function playWrite(
  fault: Fault | undefined,
  write: (deadline: number) => Promise<void>,
  deadline: number,
): Promise<void> {
  const lost = new StorageUnavailableError('a played time-out')
  if (fault?.fault === 'lost-unknown') throw lost
  if (fault?.fault === 'late-unknown') {
    void fault.begun.then(() => write(Number.POSITIVE_INFINITY))
    throw lost
  }
  await play(fault)
  await write(deadline)
  if (fault?.fault === 'applied-unknown') {
    await fault.meanwhile?.()
    throw lost
  }
}

async function play(fault: Fault | undefined): Promise<void> {
  if (fault?.fault === 'unavailable') {
    throw new StorageUnavailableError('a played fault')
  }
  if (fault?.fault === 'delay') {
    await setTimeout(fault.milliseconds)
  }
}
