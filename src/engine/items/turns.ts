import { MagnetoDBError } from '../../model/errors.ts'

/** Callers waiting for one row. More could not be served before their deadlines. */
const WAITING_PER_ROW_MAX = 1000

interface Line {
  waiting: number
  last: Promise<unknown>
}

/**
 * Runs a process's read-modify-writes of one row one after another. Concurrent ones would conflict,
 * and all but one would have to start again.
 */
export class Turns {
  readonly #lines = new Map<string, Line>()

  async take<T>(row: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(row) ?? { waiting: 0, last: Promise.resolve() }
    if (line.waiting >= WAITING_PER_ROW_MAX) {
      throw new MagnetoDBError({ is: 'too_many_item_writes' })
    }
    this.#lines.set(row, line)
    line.waiting++
    const mine = line.last.then(work, work)
    line.last = mine
    try {
      return await mine
    } finally {
      if (--line.waiting === 0) this.#lines.delete(row)
    }
  }
}
