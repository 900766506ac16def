import { setTimeout as delay } from 'node:timers/promises'

/** Attempts of a change. Each lost one means that another change was made. */
export const RACE_ATTEMPTS_MAX = 50
const RACE_DELAY_MAX_MS = 64

/** Waits after a lost race, longer after each. Resolves with whether there is time to try again. */
export async function waitAfterRace(attempt: number, deadline: number): Promise<boolean> {
  await delay(Math.random() * Math.min(2 ** attempt, RACE_DELAY_MAX_MS))
  return performance.now() <= deadline
}
