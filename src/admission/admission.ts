import { MagnetoDBError } from '../model/errors.ts'
import { Pool } from './pool.ts'
import { ShareQueue } from './share-queue.ts'

/** Operations in flight in one process. */
export const OPERATIONS_IN_FLIGHT_MAX = 1024
/** Part of each limit that one project may use. A quarter of the operations keeps a process busy;
 * more would only make other projects wait. */
export const PROJECT_SHARE = 0.25
/** Sum of the declared bytes that operations in flight may read and encode. */
export const BYTES_IN_FLIGHT_MAX = 128 * 1024 * 1024
/** Bulk loads in flight. Each holds two windows of lines (load-window.ts) and their rows. */
export const BULK_LOADS_IN_FLIGHT_MAX = 16

export interface AdmissionLimits {
  readonly operationsInFlightMax?: number
  readonly projectShare?: number
}

/** The resources that an operation uses while it runs. */
export interface Demand {
  /** Bytes that it may read and encode; 0 if negligible. */
  readonly bytes: number
  /** Bulk loads have a separate limit. */
  readonly isBulkLoad: boolean
}

interface Waiting {
  readonly demand: Demand
  start(): void
}

/** Admits operations. If the limits of its project or of the process are reached, an operation
 * waits, and projects take turns. A waiting operation is refused at its deadline. A bulk load is
 * refused at once, since those before it may take an hour. */
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
   * Returns undefined if the operation may start now, else a promise to wait for.
   *
   * @param deadline milliseconds of `performance.now()`
   * @throws MagnetoDBError `too_many_requests` or `too_many_project_requests`
   */
  enter(share: string, demand: Demand, deadline: number): Promise<void> | undefined {
    const mayGo = this.#fits(share, demand)
    if (demand.isBulkLoad && !mayGo) throw this.#refusal(share, demand)
    const isBehind =
      this.#waiting.size > 0 && !demand.isBulkLoad && this.#waiting.waitingOf(share) > 0
    if (!mayGo || isBehind) return this.#wait(share, demand, deadline)
    this.#add(share, demand, 1)
    return undefined
  }

  /** Call once per admitted operation. */
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
        // This operation may have blocked others of its share.
        while (this.#startNext());
      }, deadline - performance.now())
      this.#waiting.push(share, waiting)
    })
  }

  /** Returns whether an operation was started. */
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
