import { readFileSync } from 'node:fs'

/** Milliseconds for which a process's main thread has run and waited for a CPU. */
export interface ScheduledTime {
  readonly ranMs: number
  readonly waitedMs: number
}

/** Zero if the process has ended or there is no /proc. */
export function scheduledTime(pid: number): ScheduledTime {
  try {
    const text = readFileSync(`/proc/${pid}/schedstat`, 'latin1')
    const [ran = 0, waited = 0] = text.split(' ').map(Number)
    return { ranMs: ran / 1e6, waitedMs: waited / 1e6 }
  } catch {
    return { ranMs: 0, waitedMs: 0 }
  }
}

/** Starts a stopwatch. Each call of the result returns the milliseconds since then, without those
 * in which this process, or one of the given ones, waited for a CPU. */
export function stopwatch(...others: readonly number[]): () => number {
  const waited = [process.pid, ...others].map((pid) => {
    const before = scheduledTime(pid).waitedMs
    // The time of a process that has ended since is unknown.
    return () => Math.max(0, scheduledTime(pid).waitedMs - before)
  })
  const since = performance.now()
  return () => performance.now() - since - waited.reduce((sum, ms) => sum + ms(), 0)
}
