import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../support/ask.ts'
import { startLoad } from './lanes.ts'

const INTERVAL_MS = 20

/** Asks the port over and over, on a new connection each time. */
export function startProbe(url: string) {
  let longestMs = 0
  let answeredAt = performance.now()
  const failures: string[] = []
  const load = startLoad([url], async () => {
    try {
      const { status } = await ask(`${url}/healthcheck`)
      if (status !== 200) throw new Error(`status ${status}`)
      const now = performance.now()
      longestMs = Math.max(longestMs, now - answeredAt)
      answeredAt = now
    } catch (error) {
      failures.push(String(error))
    }
    await delay(INTERVAL_MS)
    return true
  })
  /** Ends it: the longest time without an answer, milliseconds, and what failed. */
  return async () => {
    await load.end()
    return { longestMs: Math.round(longestMs), failures }
  }
}
