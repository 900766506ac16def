import { setTimeout as delay } from 'node:timers/promises'
import { addJob } from '../../../src/engine/leases/add-job.ts'
import { EpochUpkeep } from '../../../src/engine/leases/epoch-upkeep.ts'
import { newJob, removeJob, replaceJob } from '../../../src/engine/leases/job.ts'
import { listJobs, readLedger } from '../../../src/engine/leases/ledger.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { type StorageDriver, StorageUnavailableError } from '../../../src/storage/driver.ts'
import type { Seeded } from '../../seeded.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'

/** Makes a driver do what the ledger must not do. */
export type PlantedBug = (driver: StorageDriver, random: Seeded) => StorageDriver

export interface ModelOptions {
  readonly adders: number
  readonly workers: number
  readonly jobs: number
  /** With one job in so many the epoch is sealed. */
  readonly sealOneIn: number
  readonly plant?: PlantedBug
}

export interface ModelResult {
  readonly acknowledged: number
  /** Acknowledged, not done, and not to be found. */
  readonly lost: readonly string[]
  readonly kills: number
  readonly unknown: number
  readonly dropped: number
}

const DELAY_MAX_MS = 4
const LATE_MAX_MS = 40
const CALL_MS = 60_000
/** One commit in so many. */
const UNKNOWN_ONE_IN = 8
/** One call in so many is a process's last. */
const KILLED_ONE_IN = 300

class Killed extends Error {}

/** Processes that add jobs, do them, and seal and drop epochs, each over a driver of its own. */
export class LedgerModel {
  readonly #random: Seeded
  readonly #options: ModelOptions
  readonly #store = new WornStore()
  readonly #clean = new WornDriver(this.#store)
  readonly #acknowledged = new Set<string>()
  readonly #done = new Set<string>()
  readonly #late = new Set<Promise<unknown>>()
  #kills = 0
  #unknown = 0
  #dropped = 0
  #added = 0
  #isOver = false

  constructor(random: Seeded, options: ModelOptions) {
    this.#random = random
    this.#options = options
  }

  async run(): Promise<ModelResult> {
    const { adders, workers } = this.#options
    const working = Array.from({ length: workers }, () => this.#respawn(() => this.#work()))
    const adding = Array.from({ length: adders }, () => this.#respawn(() => this.#add()))
    await Promise.all(adding)
    this.#isOver = true
    await Promise.all(working)
    await Promise.all(this.#late)
    const left = new Set((await listJobs(this.#clean)).map(({ job }) => job.id))
    const lost = [...this.#acknowledged].filter((id) => !this.#done.has(id) && !left.has(id))
    return {
      ...{ acknowledged: this.#acknowledged.size, lost, kills: this.#kills },
      ...{ unknown: this.#unknown, dropped: this.#dropped },
    }
  }

  /** A process that is killed is followed by another. */
  async #respawn(live: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await live()
      } catch (error) {
        if (!(error instanceof Killed)) throw error
        this.#kills++
      }
    }
  }

  async #add(): Promise<void> {
    const driver = this.#process()
    while (this.#added < this.#options.jobs) {
      const id = `job-${this.#added++}`
      try {
        await addJob(driver, newJob(id, 'model', {}), performance.now() + CALL_MS, () =>
          this.#random.below(this.#options.sealOneIn) === 0 ? 0 : 1,
        )
        this.#acknowledged.add(id)
      } catch (error) {
        if (!isOpenOutcome(error)) throw error
      }
    }
  }

  async #work(): Promise<void> {
    const driver = this.#process()
    const upkeep = new EpochUpkeep(driver, () => 0)
    while (!this.#isOver) {
      try {
        await this.#look(driver, upkeep)
      } catch (error) {
        if (!isOpenOutcome(error)) throw error
      }
    }
  }

  async #look(driver: StorageDriver, upkeep: EpochUpkeep): Promise<void> {
    const ledger = await readLedger(driver, (error) => {
      throw error
    })
    const rows = ledger.epochs.flatMap(({ jobs }) => jobs)
    await Promise.all(
      rows.map(async (row) => {
        const mine = await replaceJob(driver, row, { ...row.job, attempt: 1 }, this.#deadline())
        if (!mine) return
        this.#done.add(row.job.id)
        await removeJob(driver, mine, this.#deadline())
      }),
    )
    await upkeep.tend(ledger)
  }

  #deadline(): number {
    return performance.now() + CALL_MS
  }

  /** A process's way to the storage: slow, and its last call may be carried out or not. */
  #process(): StorageDriver {
    const memory = new WornDriver(this.#store)
    let isKilled = false
    const before = async (): Promise<void> => {
      isKilled ||= this.#random.below(KILLED_ONE_IN) === 0
      await this.#wait(DELAY_MAX_MS)
    }
    const answer = async <T>(call: () => Promise<T>): Promise<T> => {
      await before()
      if (isKilled) {
        if (this.#random.below(2) === 0) this.#carryOutLate(call)
        throw new Killed()
      }
      const result = await call()
      await this.#wait(DELAY_MAX_MS)
      return result
    }
    const own: StorageDriver = Object.assign(new WornDriver(this.#store), {
      get: (...call: Parameters<StorageDriver['get']>) => answer(() => memory.get(...call)),
      slice: (...call: Parameters<StorageDriver['slice']>) => answer(() => memory.slice(...call)),
      commit: (...call: Parameters<StorageDriver['commit']>) =>
        answer(() => this.#commit(memory, call)),
      drop: (...call: Parameters<StorageDriver['drop']>) => {
        this.#dropped++
        // One that failed may be carried out after its repetition.
        if (this.#random.below(UNKNOWN_ONE_IN) > 0) return answer(() => memory.drop(...call))
        this.#carryOutLate(() => memory.drop(...call))
        return answer(() => Promise.reject(new StorageUnavailableError('a played time-out')))
      },
    })
    return this.#options.plant?.(own, this.#random) ?? own
  }

  async #commit(memory: WornDriver, call: Parameters<StorageDriver['commit']>) {
    if (this.#random.below(UNKNOWN_ONE_IN) > 0) return memory.commit(...call)
    this.#unknown++
    const what = this.#random.below(3)
    const isApplied = what === 0 && (await memory.commit(...call))
    if (what === 1) this.#carryOutLate(() => memory.commit(...call))
    if (isApplied && isApplied.outcome !== 'applied') return isApplied
    const cause = new Error('a played time-out')
    return { outcome: 'unknown', underWay: what === 1, cause } as const
  }

  #carryOutLate(call: () => Promise<unknown>): void {
    const late = this.#wait(LATE_MAX_MS)
      .then(call)
      .catch(() => {})
    this.#late.add(late)
    void late.finally(() => this.#late.delete(late))
  }

  #wait(atMostMs: number): Promise<unknown> {
    return delay(this.#random.below(atMostMs))
  }
}

/** What a process goes on after. */
function isOpenOutcome(error: unknown): boolean {
  if (error instanceof StorageUnavailableError) return true
  return error instanceof MagnetoDBError && error.reason.is === 'write_outcome_unknown'
}
