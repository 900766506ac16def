import { setTimeout as delay } from 'node:timers/promises'
import { addJob } from '../../../src/engine/leases/add-job.ts'
import { EpochUpkeep } from '../../../src/engine/leases/epoch-upkeep.ts'
import { newJob, removeJob, replaceJob } from '../../../src/engine/leases/job.ts'
import { listJobs, readLedger } from '../../../src/engine/leases/ledger.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { type StorageDriver, StorageUnavailableError } from '../../../src/storage/driver.ts'
import type { Seeded } from '../../seeded.ts'
import { type FaultScript, faulty } from '../../storage/faulty-driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'

/** Plants a bug of the ledger into a driver. */
export type PlantedBug = (driver: StorageDriver, random: Seeded) => StorageDriver

export interface ModelOptions {
  readonly adders: number
  readonly workers: number
  readonly jobs: number
  /** On average, one in this many added jobs seals its epoch. */
  readonly sealOneIn: number
  readonly plant?: PlantedBug
}

const DELAY_MAX_MS = 4
const LATE_MAX_MS = 40
const CALL_MS = 60_000
/** One in this many commits has an unknown outcome. */
const UNKNOWN_ONE_IN = 8
/** One in this many calls is the last of its process. */
const KILLED_ONE_IN = 300

class Killed extends Error {}

/** Runs processes that add and do jobs, and seal and drop epochs, each with its own driver. */
export async function playLedger(random: Seeded, options: ModelOptions) {
  const store = new WornStore()
  const acknowledged = new Set<string>()
  const done = new Set<string>()
  const late: Promise<unknown>[] = []
  let [kills, unknown, dropped, added] = [0, 0, 0, 0]
  let isOver = false
  const deadline = () => performance.now() + CALL_MS
  const wait = (atMostMs: number) => delay(random.below(atMostMs))
  /** A write may be carried out or not, now or later, and nobody knows; a drop may fail, and be
   * carried out after its repetition. */
  const script: FaultScript = ({ method }) => {
    if (method === 'drop') dropped++
    const isWrite = method === 'commit' || method === 'drop'
    if (!isWrite || random.below(UNKNOWN_ONE_IN) > 0) return undefined
    if (method === 'commit') unknown++
    const begun = wait(LATE_MAX_MS)
    late.push(begun)
    const fates = ['applied-unknown', 'late-unknown', 'lost-unknown'] as const
    return { fault: method === 'drop' ? 'late-unknown' : random.pick(fates), begun }
  }

  /** The driver of a new process: slow, and its last call may be applied or not. */
  const newProcess = (): StorageDriver => {
    const memory = faulty(new WornDriver(store), script)
    let isKilled = false
    const answer = async <T>(call: () => Promise<T>): Promise<T> => {
      isKilled ||= random.below(KILLED_ONE_IN) === 0
      await wait(DELAY_MAX_MS)
      if (isKilled && random.below(2) === 0)
        late.push(
          wait(LATE_MAX_MS)
            .then(call)
            .catch(() => {}),
        )
      if (isKilled) throw new Killed()
      const result = await call()
      await wait(DELAY_MAX_MS)
      return result
    }
    const own: StorageDriver = {
      ...memory,
      get: (...call) => answer(() => memory.get(...call)),
      slice: (...call) => answer(() => memory.slice(...call)),
      commit: (...call) => answer(() => memory.commit(...call)),
      drop: (...call) => answer(() => memory.drop(...call)),
    }
    return options.plant?.(own, random) ?? own
  }

  const add = async () => {
    const driver = newProcess()
    while (added < options.jobs) {
      const id = `job-${added++}`
      const isSealed = () => (random.below(options.sealOneIn) === 0 ? 0 : 1)
      await unlessOpen(async () => {
        await addJob(driver, newJob(id, 'model', {}), deadline(), isSealed)
        acknowledged.add(id)
      })
    }
  }

  const work = async () => {
    const driver = newProcess()
    const upkeep = new EpochUpkeep(driver, () => 0)
    const look = async () => {
      const ledger = await readLedger(driver, (error) => {
        throw error
      })
      const rows = ledger.epochs.flatMap(({ jobs }) => jobs)
      await Promise.all(
        rows.map(async (row) => {
          const mine = await replaceJob(driver, row, { ...row.job, attempt: 1 }, deadline())
          if (!mine) return
          done.add(row.job.id)
          await removeJob(driver, mine, deadline())
        }),
      )
      await upkeep.tend(ledger)
    }
    while (!isOver) await unlessOpen(look)
  }

  /** Runs a process, and another one whenever it is killed. */
  const respawned = async (live: () => Promise<void>): Promise<void> => {
    for (;;) {
      try {
        return await live()
      } catch (error) {
        if (!(error instanceof Killed)) throw error
        kills++
      }
    }
  }

  const working = Array.from({ length: options.workers }, () => respawned(work))
  await Promise.all(Array.from({ length: options.adders }, () => respawned(add)))
  isOver = true
  await Promise.all(working)
  await Promise.all(late)
  const left = new Set((await listJobs(new WornDriver(store))).map(({ job }) => job.id))
  /** Acknowledged jobs that were neither done nor found. */
  const lost = [...acknowledged].filter((id) => !done.has(id) && !left.has(id))
  return { acknowledged: acknowledged.size, lost, kills, unknown, dropped }
}

/** A process goes on after an outcome that is open. */
async function unlessOpen(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const isUnknown = error instanceof MagnetoDBError && error.reason.is === 'write_outcome_unknown'
    if (!isUnknown && !(error instanceof StorageUnavailableError)) throw error
  }
}
