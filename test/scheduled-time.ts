import { readFileSync } from 'node:fs'

/**
 * What the scheduler has done with the main thread of a process so far, in milliseconds: it ran, or
 * was ready to run while others had the CPU. Nothing where it has ended, and without /proc.
 */
export function scheduledTime(pid: number) {
  try {
    const text = readFileSync(`/proc/${pid}/schedstat`, 'latin1')
    const [ran = 0, waited = 0] = text.split(' ').map(Number)
    return { ranMs: ran / 1e6, waitedMs: waited / 1e6 }
  } catch {
    return { ranMs: 0, waitedMs: 0 }
  }
}

/**
 * Begins to measure; each call of what it returns gives the milliseconds since, less those in which
 * this process, or one of the others that it waits for, waited for a CPU.
 */
export function stopwatch(...others: readonly number[]): () => number {
  const waited = [process.pid, ...others].map((pid) => {
    const before = scheduledTime(pid).waitedMs
    // What one that has ended meanwhile has waited is not known.
    return () => Math.max(0, scheduledTime(pid).waitedMs - before)
  })
  const since = performance.now()
  return () => performance.now() - since - waited.reduce((sum, ms) => sum + ms(), 0)
}
