import { readFileSync } from 'node:fs'

/** Fields between the command and the ticks of user and system time, which are the 14th and 15th
 * field. The command, the 2nd field, may contain spaces. */
const FIELDS_BEFORE_TIMES = 11

/** Ticks per second that Linux shows to programs, whatever unit the kernel uses. */
const TICKS_PER_SECOND = 100

/** Microseconds of CPU time that a process and its children have used, from /proc. */
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

/** Processes that a process has started. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
  return text.split(' ').filter(Boolean).map(Number)
}
