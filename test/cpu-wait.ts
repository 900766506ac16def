import { readFileSync } from 'node:fs'

/**
 * How long the main thread of a process has been ready to run while the machine gave it no CPU,
 * in milliseconds since its start. 0 where the process has ended, and where there is no /proc.
 */
export function cpuWaitMs(pid: number): number {
  try {
    // Nanoseconds on a CPU, nanoseconds of waiting for one, number of times on one.
    const [, nanoseconds = '0'] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')
    return Number(nanoseconds) / 1e6
  } catch {
    return 0
  }
}

/**
 * Begins to measure; each call of what it returns gives the milliseconds since, less those in which
 * this process, or one of the others that it waits for, waited for a CPU.
 */
export function stopwatch(...others: readonly number[]): () => number {
  const waited = [process.pid, ...others].map((pid) => {
    const before = cpuWaitMs(pid)
    // What one that has ended meanwhile has waited is not known.
    return () => Math.max(0, cpuWaitMs(pid) - before)
  })
  const since = performance.now()
  return () => performance.now() - since - waited.reduce((sum, ms) => sum + ms(), 0)
}
