import { setTimeout as delay } from 'node:timers/promises'

const INTERVAL_MS = 20

export interface Probe {
  /** Ends it: the longest time without an answer, milliseconds, and what failed. */
  end(): Promise<{ readonly longestMs: number; readonly failures: readonly string[] }>
}

/** Asks the port over and over, on a new connection each time. */
export function startProbe(url: string): Probe {
  let isOver = false
  let longestMs = 0
  let answeredAt = performance.now()
  const failures: string[] = []
  const running = (async () => {
    while (!isOver) {
      try {
        const answer = await fetch(`${url}/healthcheck`, { headers: { Connection: 'close' } })
        if (!answer.ok) throw new Error(`status ${answer.status}`)
        await answer.arrayBuffer()
        const now = performance.now()
        longestMs = Math.max(longestMs, now - answeredAt)
        answeredAt = now
      } catch (error) {
        failures.push(messageOf(error))
      }
      await delay(INTERVAL_MS)
    }
  })()
  return {
    async end() {
      isOver = true
      await running
      return { longestMs: Math.round(longestMs), failures }
    },
  }
}

function messageOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error ? cause.message : String(error)
}
