import { setImmediate as nextTurn } from 'node:timers/promises'
import { isSteps, type Stepped, type Steps } from '../model/steps.ts'
import type { StorageDriver } from '../storage/driver.ts'

/** The time of the event loop that an operation may take. */
export interface Work {
  /** Does all steps, at once if they are few, else in turn with the work of others. */
  finish<T>(stepped: Stepped<T>): T | Promise<T>
  /** Waits for a turn to do what cannot be put into steps. */
  turn(): Promise<void>
}

/** Of jobs: requests have a turn after each step. */
export const IN_TURNS: Work = {
  finish: (stepped) => (isSteps(stepped) ? inTurns(stepped) : stepped),
  turn: async () => {},
}

async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await nextTurn()
  }
}

/** What an operation knows of the request that it serves. */
export interface OperationContext {
  readonly projectId: string
  /** Milliseconds on the clock of `performance.now()`. */
  readonly deadline: number
  /** The driver as this request sees it. */
  readonly storage: StorageDriver
}

/** Of an operation that takes time of the event loop. */
export interface WorkContext extends OperationContext {
  readonly work: Work
}
