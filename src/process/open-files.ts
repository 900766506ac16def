import { readFileSync } from 'node:fs'
import { StartError } from './bound-socket.ts'

/** A process needs some sixty for itself, and one for each connection. */
const OPEN_FILES_MIN = 256

/** @throws StartError when this process, and so its workers, may open too few files to be of use */
export function checkOpenFiles(): void {
  const max = openFilesMax()
  if (max >= OPEN_FILES_MIN) return
  throw new StartError(
    `a process may open only ${max} files (ulimit -n): ${OPEN_FILES_MIN} are the least`,
  )
}

/** The soft limit, which Node raises to the hard one at its start; only Linux shows it. */
function openFilesMax(): number {
  try {
    const [, max = 'unlimited'] =
      /^Max open files +(\w+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return max === 'unlimited' ? Number.POSITIVE_INFINITY : Number(max)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
