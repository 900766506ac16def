import { readFileSync } from 'node:fs'
import type { Config } from '../config/load.ts'
import { StartError } from './bound-socket.ts'

interface Limit {
  /** The row of the limit in /proc/self/limits. */
  readonly row: string
  readonly option: string
  readonly least: number
  readonly unit: 'MiB' | 's' | ''
}

/** Open files. A process opens about sixty, and one per connection. */
const OPEN_FILES_MIN = 256
/** Threads of a process. Node.js aborts if it cannot start one. */
const THREADS_OF_PROCESS = 12
/** MiB of stack. V8 assumes nearly as much without checking. */
const STACK_MIB_MIN = 1
/** MiB of heap, buffers and stacks under load. Node.js 24 cannot start with 600 MB. */
const DATA_MIB_MIN = 1024
/** MiB of address space. Node.js 20 reserves 11 GiB, and its heap needs some of the rest. */
const ADDRESS_SPACE_MIB_MIN = 14 * 1024
/** MiB of a file: the smallest `map_size`. LMDB ends the process if it cannot create its files. */
const FILE_MIB_MIN = 16
/** Seconds of CPU time, more than a start takes. The system kills a process that exceeds the
 * limit. */
const CPU_SECONDS_MIN = 60
const MIB = 2 ** 20

/**
 * Checks the limits in /proc, on Linux only. Node.js raises the soft limit of open files to the
 * hard one at its start; otherwise the soft limit counts.
 *
 * @throws StartError if a limit is too low to serve requests
 */
export function checkResourceLimits(config: Config): void {
  const text = limitsText()
  for (const { row, option, least, unit } of limitsOf(config)) {
    const [, soft = 'unlimited'] = new RegExp(`^Max ${row} +(\\w+)`, 'm').exec(text) ?? []
    if (soft === 'unlimited') continue
    const limit = unit === 'MiB' ? Math.floor(Number(soft) / MIB) : Number(soft)
    if (limit >= least) continue
    const [has, needs] = [limit, least].map((value) => `${value} ${unit}`.trim())
    throw new StartError(`the limit of ${row} is ${has} (ulimit ${option}): ${needs} is the least`)
  }
}

function limitsOf({ DEFAULT, lmdb }: Config): readonly Limit[] {
  const mapMib = DEFAULT.storage_driver === 'lmdb' ? Math.ceil(lmdb.map_size / MIB) : 0
  const limits: Limit[] = [
    { row: 'open files', option: '-n', least: OPEN_FILES_MIN, unit: '' },
    { row: 'address space', option: '-v', least: ADDRESS_SPACE_MIB_MIN + mapMib, unit: 'MiB' },
    { row: 'data size', option: '-d', least: DATA_MIB_MIN, unit: 'MiB' },
    { row: 'stack size', option: '-s', least: STACK_MIB_MIN, unit: 'MiB' },
    { row: 'file size', option: '-f', least: FILE_MIB_MIN, unit: 'MiB' },
    { row: 'cpu time', option: '-t', least: CPU_SECONDS_MIN, unit: 's' },
  ]
  // The limit does not apply to root.
  if (process.getuid?.() !== 0) {
    const least = THREADS_OF_PROCESS * (DEFAULT.workers + 1)
    limits.push({ row: 'processes', option: '-u', least, unit: '' })
  }
  return limits
}

function limitsText(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return ''
  }
}
