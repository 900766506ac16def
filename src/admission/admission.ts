import { MagnetoDBError } from '../model/errors.ts'
import { Pool } from './pool.ts'
import { ShareQueue } from './share-queue.ts'

/** Operations that one process runs at once. */
export const OPERATIONS_IN_FLIGHT_MAX = 1024
/** What one project may take of everything that is bounded here. A quarter of the operations keeps
 * a process busy; more of them would only make others wait. */
export const PROJECT_SHARE = 0.25
/** Bytes that operations in flight read and encode, as far as their declarations say. */
export const BYTES_IN_FLIGHT_MAX = 128 * 1024 * 1024
/** Each holds two windows of lines (load-window.ts) in memory, and their rows. */
export const BULK_LOADS_IN_FLIGHT_MAX = 16

export interface AdmissionLimits {
  readonly operationsInFlightMax?: number
  readonly projectShare?: number
}

/** What an operation takes while it runs. */
export interface Demand {
  /** Bytes that it reads and encodes at most; 0 where that is not worth counting. */
  readonly bytes: number
  /** Whether it is one of the long ones, which are counted apart. */
  readonly isBulkLoad: boolean
}

interface Waiting {
  readonly demand: Demand
  start(): void
}

/**
 * Lets operations begin. One that finds its project's share taken waits, and so does one that finds
 * the whole process taken. When there is room, projects take turns. Whoever waits is refused at
 * the deadline only. A bulk load is refused at once, since the others may take an hour.
 */
export class Admission {
  readonly #operations: Pool
  readonly #bytes: Pool
  readonly #bulkLoads: Pool
  readonly #waiting = new ShareQueue<Waiting>()

  constructor({ operationsInFlightMax, projectShare = PROJECT_SHARE }: AdmissionLimits = {}) {
    this.#operations = new Pool(operationsInFlightMax ?? OPERATIONS_IN_FLIGHT_MAX, projectShare)
    this.#bytes = new Pool(BYTES_IN_FLIGHT_MAX, projectShare)
    this.#bulkLoads = new Pool(BULK_LOADS_IN_FLIGHT_MAX, projectShare)
  }

  /**
   * @param deadline milliseconds on the clock of `performance.now()`
   * @returns undefined, or what is still to be waited for
   * @throws (rejects with) MagnetoDBError `too_many_requests` or `too_many_project_requests`
   */
  enter(share: string, demand: Demand, deadline: number): Promise<void> | undefined {
    const mayGo = this.#fits(share, demand)
    if (demand.isBulkLoad && !mayGo) throw this.#refusal(share, demand)
    const isBehind = !demand.isBulkLoad && this.#waiting.waitingOf(share) > 0
    if (!mayGo || isBehind) return this.#wait(share, demand, deadline)
    this.#add(share, demand, 1)
    return undefined
  }

  /** To be called once for each that entered. */
  leave(share: string, demand: Demand): void {
    this.#add(share, demand, -1)
    while (this.#startNext());
  }

  #wait(share: string, demand: Demand, deadline: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        demand,
        start: () => {
          clearTimeout(timer)
          this.#add(share, demand, 1)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        this.#waiting.remove(share, waiting)
        reject(this.#refusal(share, demand))
        // It may have been in the way of others of its share.
        while (this.#startNext());
      }, deadline - performance.now())
      this.#waiting.push(share, waiting)
    })
  }

  /** @returns whether somebody waited that could begin */
  #startNext(): boolean {
    if (this.#waiting.size === 0) return false
    const next = this.#waiting.take((share, { demand }) => this.#fits(share, demand))
    next?.start()
    return next !== undefined
  }

  #fits(share: string, { bytes, isBulkLoad }: Demand): boolean {
    if (isBulkLoad) return this.#bulkLoads.fits(share, 1)
    return this.#operations.fits(share, 1) && (bytes === 0 || this.#bytes.fits(share, bytes))
  }

  #add(share: string, { bytes, isBulkLoad }: Demand, sign: 1 | -1): void {
    if (isBulkLoad) this.#bulkLoads.add(share, sign)
    else this.#operations.add(share, sign)
    if (bytes > 0) this.#bytes.add(share, sign * bytes)
  }

  #refusal(share: string, { bytes, isBulkLoad }: Demand): MagnetoDBError {
    const isShareFull = isBulkLoad
      ? this.#bulkLoads.isShareFull(share, 1)
      : this.#operations.isShareFull(share, 1) || this.#bytes.isShareFull(share, bytes)
    return new MagnetoDBError({
      is: isShareFull ? 'too_many_project_requests' : 'too_many_requests',
    })
  }
}
