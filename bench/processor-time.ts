import { readFileSync } from 'node:fs'

/** Ticks of user and system time, the 14th and 15th field; the second may hold spaces. */
const FIELDS_BEFORE_TIMES = 11

/** What Linux shows to programs, whatever the kernel counts in. */
const TICKS_PER_SECOND = 100

/** Microseconds of processor time that a process and all its children have used. From /proc. */
export function processorTimeUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(FIELDS_BEFORE_TIMES)
  const ticks = Number(fields[0]) + Number(fields[1])
  const ownUs = (ticks * 1e6) / TICKS_PER_SECOND
  return childrenOf(pid).reduce((sum, child) => sum + processorTimeUs(child), ownUs)
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
  return text.split(' ').filter(Boolean).map(Number)
}
