import { readFileSync } from 'node:fs'

/** What the scheduler has done with the main thread of a process so far, in milliseconds. */
export interface ScheduledTime {
  readonly ranMs: number
  /** Ready to run while others had the CPU. */
  readonly waitedMs: number
}

export function scheduledTime(pid: number): ScheduledTime {
  const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/schedstat`, 'utf8')
    .split(' ')
    .map(Number)
  return { ranMs: ran / 1e6, waitedMs: waited / 1e6 }
}
