/** Wraps a driver and injects faults, to test the layers above with each kind of storage
 * failure. */
import { setTimeout } from 'node:timers/promises'
import {
  type Commit,
  type StorageDriver,
  StorageUnavailableError,
  type TableId,
} from '../../src/storage/driver.ts'

export type Fault =
  /** The call is not made and fails with `StorageUnavailableError`. */
  | { readonly fault: 'unavailable' }
  /** The call is made after a delay. */
  | { readonly fault: 'delay'; readonly milliseconds: number }
  /** The call is made when it resolves. */
  | { readonly fault: 'held'; readonly until: Promise<unknown> }
  /** Only for writes. The write is applied, then `meanwhile` runs, then the caller gets the outcome
   * `unknown` or an error. A refused commit is reported as refused. */
  | { readonly fault: 'applied-unknown'; meanwhile?(): Promise<unknown> }
  /** Only for writes. The write is not applied; the caller gets the outcome `unknown` or an
   * error. */
  | { readonly fault: 'lost-unknown' }
  /** As `lost-unknown`, but the write is applied when `begun` resolves. */
  | { readonly fault: 'late-unknown'; readonly begun: Promise<unknown> }

const METHODS = ['get', 'getMany', 'slice', 'scan', 'sorts', 'commit', 'append', 'drop', 'purge']
const WRITES = ['commit', 'append', 'drop']
/** Position of the deadline among a write's arguments. */
const DEADLINE = 3

export interface FaultyCall {
  /** One of `METHODS`. */
  readonly method: string
  /** Number of earlier calls of this method. */
  readonly count: number
  readonly table: TableId
  /** Set only for `commit`. */
  readonly commit?: Commit
}

/** Chooses the fault of a call, or none. */
export type FaultScript = (call: FaultyCall) => Fault | undefined

/** The driver with scripted faults. `open`, `close`, `versionNow` and `engineTime` never fail. */
export function faulty(driver: StorageDriver, script: FaultScript): StorageDriver {
  const counts = new Map<string, number>()
  const faultyMethod = (method: string) => {
    const own: (...call: unknown[]) => Promise<unknown> = Reflect.get(driver, method)
    // Only a commit's answer can say that it may still be applied.
    const unknown = (underWay: boolean) => {
      if (method !== 'commit') throw new StorageUnavailableError('a played time-out')
      return { outcome: 'unknown', cause: new Error('a played time-out'), underWay }
    }
    return async (...call: [TableId, ...unknown[]]) => {
      const count = counts.get(method) ?? 0
      counts.set(method, count + 1)
      const [table, , commit] = call
      const told = { method, count, table }
      const fault = script(method === 'commit' ? { ...told, commit: commit as Commit } : told)
      if (fault?.fault === 'unavailable') throw new StorageUnavailableError('a played fault')
      if (fault?.fault === 'delay') await setTimeout(fault.milliseconds)
      if (fault?.fault === 'held') await fault.until
      if (!fault || !WRITES.includes(method)) return own.apply(driver, call)
      if (fault.fault === 'lost-unknown') return unknown(false)
      if (fault.fault === 'late-unknown') {
        const late = call.with(DEADLINE, Number.POSITIVE_INFINITY)
        void fault.begun.then(() => own.apply(driver, late))
        return unknown(true)
      }
      const result = await own.apply(driver, call)
      const isRefused = method === 'commit' && Object(result).outcome !== 'applied'
      if (fault.fault !== 'applied-unknown' || isRefused) return result
      await fault.meanwhile?.()
      return unknown(false)
    }
  }
  const { versionNow, engineTime } = driver
  return {
    name: driver.name,
    open: () => driver.open(),
    close: () => driver.close(),
    ...(versionNow && { versionNow: versionNow.bind(driver) }),
    ...(engineTime && { engineTime: engineTime.bind(driver) }),
    ...Object.fromEntries(METHODS.map((method) => [method, faultyMethod(method)])),
  } as StorageDriver
}
