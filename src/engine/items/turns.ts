import { MagnetoDBError } from '../../model/errors.ts'

/** More waiting for one row than can be served before their deadlines. */
const WAITING_PER_ROW_MAX = 1000

interface Line {
  waiting: number
  last: Promise<unknown>
}

/**
 * Lets the read-modify-writes of one row follow each other within a process. Without it, those that
 * meet there refuse each other and all but one begin again.
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
