import { readFileSync } from 'node:fs'
import type { Config } from '../config/load.ts'
import { StartError } from './bound-socket.ts'

interface Limit {
  /** Its row in /proc/self/limits. */
  readonly row: string
  readonly option: string
  readonly least: number
  readonly unit: 'MiB' | 's' | ''
}

/** A process needs some sixty for itself, and one for each connection. */
const OPEN_FILES_MIN = 256
/** Node.js ends itself when it cannot have a thread. */
const THREADS_OF_PROCESS = 12
/** V8 assumes nearly as much, and looks no further. */
const STACK_MIB_MIN = 1
/** Of the heap, buffers and stacks, under load. Node.js 24 cannot begin with 600 MB. */
const DATA_MIB_MIN = 1024
/** Node.js 20 reserves 11 GiB; its heap grows within the rest. */
const ADDRESS_SPACE_MIB_MIN = 14 * 1024
/** The least `map_size` of LMDB, which ends the process when it cannot make its files. */
const FILE_MIB_MIN = 16
/** A start takes some of them. A process that has used them up is ended by the system. */
const CPU_SECONDS_MIN = 60
const MIB = 2 ** 20

/**
 * Only Linux shows what a process may have. Node.js raises the limit of open files to the hard one
 * at its start; of all others the soft one counts.
 *
 * @throws StartError when this process, and so its workers, may have too little to be of use
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
  // Root has as many as it likes.
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
