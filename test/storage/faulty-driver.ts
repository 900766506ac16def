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
  /** The call is made when it resolves. */
  | { readonly fault: 'held'; readonly until: Promise<unknown> }
  /** Commits, appends and drops: carried out, then, before the answer `unknown` or the rejection,
   * `meanwhile` happens. A commit that is refused is reported as refused. */
  | { readonly fault: 'applied-unknown'; meanwhile?(): Promise<unknown> }
  /** The same: not carried out and reported as `unknown`, or rejected. */
  | { readonly fault: 'lost-unknown' }
  /** As that, and it is carried out when `begun` resolves. */
  | { readonly fault: 'late-unknown'; readonly begun: Promise<unknown> }

const METHODS = ['get', 'getMany', 'slice', 'scan', 'sorts', 'commit', 'append', 'drop', 'purge']
const WRITES = ['commit', 'append', 'drop']
/** Where a write's deadline stands among its arguments. */
const DEADLINE = 3

export interface FaultyCall {
  /** One of `METHODS`. */
  readonly method: string
  /** How many calls of this method came before: 0, 1, and so on. */
  readonly count: number
  readonly table: TableId
  /** Of a commit only. */
  readonly commit?: Commit
}

/** The fault of one call, or nothing for a call that goes through. */
export type FaultScript = (call: FaultyCall) => Fault | undefined

/** The driver with faults by script. `open`, `close`, `versionNow` and `engineTime` never fail. */
export function faulty(driver: StorageDriver, script: FaultScript): StorageDriver {
  const counts = new Map<string, number>()
  const faultyMethod = (method: string) => {
    const own: (...call: unknown[]) => Promise<unknown> = Reflect.get(driver, method)
    return (...call: [TableId, ...unknown[]]) => {
      const count = counts.get(method) ?? 0
      counts.set(method, count + 1)
      const [table, , commit] = call
      const told = { method, count, table }
      const fault = script(method === 'commit' ? { ...told, commit: commit as Commit } : told)
      return played(fault, method, {
        now: () => own.apply(driver, call),
        late: () => own.apply(driver, call.with(DEADLINE, Number.POSITIVE_INFINITY)),
      })
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

interface CarryOut {
  now(): Promise<unknown>
  late(): Promise<unknown>
}

async function played(
  fault: Fault | undefined,
  method: string,
  carryOut: CarryOut,
): Promise<unknown> {
  if (fault?.fault === 'unavailable') throw new StorageUnavailableError('a played fault')
  if (fault?.fault === 'delay') await setTimeout(fault.milliseconds)
  if (fault?.fault === 'held') await fault.until
  if (!fault || !WRITES.includes(method)) return carryOut.now()
  // Of a plain write no answer tells that it may yet be carried out.
  const unknown = (underWay: boolean) => {
    if (method !== 'commit') throw new StorageUnavailableError('a played time-out')
    return { outcome: 'unknown', cause: new Error('a played time-out'), underWay }
  }
  if (fault.fault === 'lost-unknown') return unknown(false)
  if (fault.fault === 'late-unknown') {
    void fault.begun.then(carryOut.late)
    return unknown(true)
  }
  const result = await carryOut.now()
  const isRefused = method === 'commit' && Object(result).outcome !== 'applied'
  if (fault.fault !== 'applied-unknown' || isRefused) return result
  await fault.meanwhile?.()
  return unknown(false)
}
