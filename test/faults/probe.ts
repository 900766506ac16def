import { setTimeout as delay } from 'node:timers/promises'

const INTERVAL_MS = 20

/** Sends requests to the port repeatedly, each on a new connection. */
export function startProbe(url: string) {
  let isOver = false
  let longestMs = 0
  let answeredAt = performance.now()
  const failures: string[] = []
  const running = (async () => {
    for (; !isOver; await delay(INTERVAL_MS)) {
      try {
        const answer = await fetch(`${url}/healthcheck`, { headers: { Connection: 'close' } })
        if (!answer.ok) throw new Error(`status ${answer.status}`)
        await answer.arrayBuffer()
        const now = performance.now()
        longestMs = Math.max(longestMs, now - answeredAt)
        answeredAt = now
      } catch (error) {
        const { cause } = Object(error)
        failures.push(cause instanceof Error ? cause.message : String(error))
      }
    }
  })()
  return {
    /** Ends the probe. Returns the longest time without response, in milliseconds, and failures. */
    async end() {
      isOver = true
      await running
      return { longestMs: Math.round(longestMs), failures }
    },
  }
}
