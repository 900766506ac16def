import { readFileSync } from 'node:fs'

/** Of the times in /proc, a hundred a second on every architecture. */
const TICK_MS = 10
/** Where cutime and cstime stand (fields 16 and 17) behind the command, which ends field 2. */
const [CUTIME, CSTIME] = [13, 14]

/**
 * The CPU time of the children of this process that have ended, with that of their own ended
 * children. Asked after each end, it tells them apart. What outlived its parent is not in it.
 */
export class ChildrenCpu {
  #told = childrenMs()

  /** Milliseconds of those that have ended since it was last asked. */
  takeMs(): number {
    const now = childrenMs()
    const taken = now - this.#told
    this.#told = now
    return taken
  }
}

/** 0 where there is no /proc. */
function childrenMs(): number {
  try {
    const text = readFileSync('/proc/self/stat', 'latin1')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    return TICK_MS * ((fields[CUTIME] ?? 0) + (fields[CSTIME] ?? 0))
  } catch {
    return 0
  }
}
