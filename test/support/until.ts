import { setTimeout as delay } from 'node:timers/promises'

/** Polls until `holds` returns true. Rejects after the time limit. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { limitMs = 60_000, pauseMs = 1 } = {},
): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`)
    await delay(pauseMs)
  }
}
