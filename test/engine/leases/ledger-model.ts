import { addJob } from '../../../src/engine/leases/add-job.ts'
import { EpochUpkeep } from '../../../src/engine/leases/epoch-upkeep.ts'
import { newJob, removeJob, replaceJob } from '../../../src/engine/leases/job.ts'
import { listJobs, readLedger } from '../../../src/engine/leases/ledger.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { type StorageDriver, StorageUnavailableError } from '../../../src/storage/driver.ts'
import type { Seeded } from '../../seeded.ts'
import { CALM, simulatedDriver } from '../../simulation/simulated-storage.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { below } from '../../support/at-once.ts'

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

/** One in eight writes has an unknown outcome. */
const TROUBLE = { ...CALM, answerLost: 42, callLost: 42, late: 42, duplicated: 42 }
/** Milliseconds of virtual time. */
const CALL_MS = 60_000
const LIFE_MS_MAX = 30_000
const HANG_MS = 3_600_000

/** Runs processes that add and do jobs, and seal and drop epochs, on a simulated storage. Each is
 * killed after some time, and replaced. */
export function playLedger(random: Seeded, options: ModelOptions) {
  const time = new VirtualTime(0)
  return time.during(random, () => played(time, random, options))
}

async function played(time: VirtualTime, random: Seeded, options: ModelOptions) {
  const server = new WornDriver()
  const network = { time, random, server }
  const acknowledged = new Set<string>()
  const done = new Set<string>()
  let [kills, unknown, dropped, added] = [0, 0, 0, 0]
  let isOver = false
  const deadline = () => performance.now() + CALL_MS

  /** Runs a process, and another one whenever it is killed. */
  const respawned = (live: (driver: StorageDriver) => Promise<void>): Promise<void> => {
    const process = { clockAheadMs: 0, pausedUntil: 0, isDead: false }
    const calm = simulatedDriver({ ...network, trouble: CALM }, process)
    const { commit, drop } = simulatedDriver({ ...network, trouble: TROUBLE }, process)
    const driver: StorageDriver = {
      ...calm,
      async commit(...call) {
        const result = await commit(...call)
        if (result.outcome === 'unknown') unknown++
        return result
      },
      drop(...call) {
        dropped++
        return drop(...call)
      },
    }
    return new Promise((resolve, reject) => {
      const cancel = time.after(random.below(LIFE_MS_MAX), () => {
        process.isDead = true
        kills++
        resolve(respawned(live))
      })
      const living = time.within(process, () => live(options.plant?.(driver, random) ?? driver))
      living.finally(cancel).then(resolve, reject)
    })
  }

  const add = async (driver: StorageDriver) => {
    while (added < options.jobs) {
      const id = `job-${added++}`
      const isSealed = () => (random.below(options.sealOneIn) === 0 ? 0 : 1)
      await unlessOpen(async () => {
        await addJob(driver, newJob(id, 'model', {}), deadline(), isSealed)
        acknowledged.add(id)
      })
    }
  }

  const work = async (driver: StorageDriver) => {
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

  const working = Promise.all(below(options.workers).map(() => respawned(work)))
  const adding = Promise.all(below(options.adders).map(() => respawned(add)))
  isOver = await time.pass(adding, HANG_MS)
  if (!isOver || !(await time.pass(working, HANG_MS))) throw new Error('a process hangs')
  // The last late calls arrive.
  await time.pass(new Promise(() => {}), CALL_MS)
  const left = new Set((await listJobs(server)).map(({ job }) => job.id))
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
