import { MagnetoDBError } from '../model/errors.ts'
import { DECLARATIONS, type Declarations, type OperationName } from './declarations.ts'

/** Operations that one process runs at once; more are refused at once rather than queued. */
export const OPERATIONS_IN_FLIGHT_MAX = 1024

export interface InFlightLimits {
  readonly operationsInFlightMax?: number
  readonly declarations?: Declarations
}

/** Counts the operations that run, and refuses those that are too many. */
export class InFlight {
  readonly #max: number
  readonly #declarations: Declarations
  #count = 0
  /** Of operations that have limits of their own: all of one, and those of one project. */
  readonly #shares = new Map<string, number>()

  constructor({ operationsInFlightMax, declarations }: InFlightLimits) {
    this.#max = operationsInFlightMax ?? OPERATIONS_IN_FLIGHT_MAX
    this.#declarations = declarations ?? DECLARATIONS
  }

  /** @throws MagnetoDBError `too_many_requests` or `too_many_project_requests` */
  enter(name: OperationName, projectId: string): void {
    const { inFlightMax } = this.#declarations[name]
    if (this.#count >= this.#max) throw new MagnetoDBError({ is: 'too_many_requests' })
    if (inFlightMax) {
      if (this.#share(projectShare(name, projectId)) >= inFlightMax.project) {
        throw new MagnetoDBError({ is: 'too_many_project_requests' })
      }
      if (this.#share(name) >= inFlightMax.process) {
        throw new MagnetoDBError({ is: 'too_many_requests' })
      }
    }
    this.#add(name, projectId, 1)
  }

  /** To be called once for each that entered. */
  leave(name: OperationName, projectId: string): void {
    this.#add(name, projectId, -1)
  }

  #add(name: OperationName, projectId: string, change: 1 | -1): void {
    this.#count += change
    if (!this.#declarations[name].inFlightMax) return
    for (const share of [name, projectShare(name, projectId)]) {
      const count = this.#share(share) + change
      if (count === 0) this.#shares.delete(share)
      else this.#shares.set(share, count)
    }
  }

  #share(share: string): number {
    return this.#shares.get(share) ?? 0
  }
}

function projectShare(operation: OperationName, projectId: string): string {
  return `${operation} ${projectId}`
}
