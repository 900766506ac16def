import { setImmediate as nextTurn } from 'node:timers/promises'
import { isSteps, type Stepped, type Steps } from '../model/steps.ts'
import type { StorageDriver } from '../storage/driver.ts'

/** Bounds how long an operation holds the event loop. */
export interface Work {
  /** Does all steps: at once if they are few, else in turn with other requests' steps. */
  finish<T>(stepped: Stepped<T>): T | Promise<T>
  /** Waits for a turn, before work that cannot be divided into steps. */
  turn(): Promise<void>
}

/** The work of jobs: requests get a turn after each step. */
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

/** The request that an operation serves. */
export interface OperationContext {
  readonly projectId: string
  /** In milliseconds, by `performance.now()`. */
  readonly deadline: number
  /** The driver as this request sees it. */
  readonly storage: StorageDriver
}

/** For operations that do long work. */
export interface WorkContext extends OperationContext {
  readonly work: Work
}
