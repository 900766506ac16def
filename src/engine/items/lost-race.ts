import { setTimeout as delay } from 'node:timers/promises'

/** Attempts of one change. An attempt fails only if another change of the same row succeeded. */
export const RACE_ATTEMPTS_MAX = 50
const RACE_DELAY_MAX_MS = 64

/** Waits after a lost race, longer each time. Resolves with whether the deadline allows a retry. */
export async function waitAfterRace(attempt: number, deadline: number): Promise<boolean> {
  await delay(Math.random() * Math.min(2 ** attempt, RACE_DELAY_MAX_MS))
  return performance.now() <= deadline
}
