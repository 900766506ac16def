import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../support/ask.ts'
import { startLoad } from './lanes.ts'

const INTERVAL_MS = 20

/** Sends requests to the port repeatedly, each on a new connection. */
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
  /** Ends the probe. Returns the longest time without response, in milliseconds, and failures. */
  return async () => {
    await load.end()
    return { longestMs: Math.round(longestMs), failures }
  }
}
