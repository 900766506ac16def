import { readFileSync } from 'node:fs'

/** Milliseconds per tick of the times in /proc: 100 per second on every architecture. */
const TICK_MS = 10
/** Positions of cutime and cstime (fields 16 and 17) after the command, which ends field 2. */
const [CUTIME, CSTIME] = [13, 14]

/** The CPU time of this process's children that have ended, including their own ended children. If
 * read after each end, it tells the CPU time of each. Processes that outlive their parent are
 * missing. */
export class ChildrenCpu {
  #told = childrenMs()

  /** Milliseconds of the children that have ended since the last call. */
  takeMs(): number {
    const now = childrenMs()
    const taken = now - this.#told
    this.#told = now
    return taken
  }
}

/** 0 if there is no /proc. */
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
