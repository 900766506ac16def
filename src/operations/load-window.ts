import type { ActiveTable } from '../engine/active-table.ts'
import { checkedItemSizeBytes, checkItem } from '../engine/schema.ts'
import type { Item } from '../model/attribute-value.ts'
import type { PlannedWrites } from './planned-writes.ts'

/** One line of a bulk load, decoded only when its turn has come. */
export interface LoadLine {
  readonly bytes: number
  /** As it was received, its line end included; too long a line is cut short. */
  text(): string
  /** @throws MagnetoDBError */
  decode(): Item
}

/** A commit of a window, and the lines that it answers for. */
export interface LoadCommit extends PlannedWrites {
  readonly lines: readonly LoadLine[]
}

/** More than fit into a write transaction of an embedded engine gain nothing. */
const WINDOW_LINES_MAX = 1000
const WINDOW_BYTES_MAX = 2 * 1024 * 1024
/** Of one partition together. */
const COMMIT_ITEMS_MAX = 100
const COMMIT_BYTES_MAX = 1024 * 1024

interface LoadItem {
  readonly item: Item
  readonly sort: Buffer
  readonly bytes: number
  /** More than one where later lines replace the item of earlier ones. */
  readonly lines: LoadLine[]
}

interface LoadPartition {
  readonly key: Buffer
  readonly items: Map<string, LoadItem>
}

/** Lines that are written together: checked items of one table, grouped by partition. */
export class LoadWindow {
  readonly #table: ActiveTable
  readonly #partitions = new Map<string, LoadPartition>()
  readonly #copies: number
  lines = 0
  lastLine: LoadLine | undefined
  #bytes = 0

  constructor(table: ActiveTable) {
    this.#table = table
    this.#copies = 1 + table.definition.localSecondaryIndexes.length
  }

  get isFull(): boolean {
    return this.lines >= WINDOW_LINES_MAX || this.#bytes >= WINDOW_BYTES_MAX
  }

  /**
   * Of two lines with one key the later one wins.
   *
   * @throws MagnetoDBError when the line holds no item that the table can have
   */
  add(line: LoadLine): void {
    const item = line.decode()
    const { partition: key, sort } = checkItem(this.#table.definition, item)
    const bytes = checkedItemSizeBytes(item)
    const partition = this.#partition(key)
    const place = sort.toString('latin1')
    const lines = partition.items.get(place)?.lines ?? []
    lines.push(line)
    partition.items.set(place, { item, sort, bytes, lines })
    this.lines++
    this.lastLine = line
    this.#bytes += line.bytes * this.#copies
  }

  #partition(key: Buffer): LoadPartition {
    const name = key.toString('latin1')
    let partition = this.#partitions.get(name)
    if (!partition) {
      partition = { key, items: new Map() }
      this.#partitions.set(name, partition)
    }
    return partition
  }

  /** Each key is in one commit only, so their order means nothing. */
  *commits(): Generator<LoadCommit> {
    for (const { key, items } of this.#partitions.values()) {
      let taken: LoadItem[] = []
      let bytes = 0
      for (const item of items.values()) {
        const more = item.bytes * this.#copies
        if (taken.length === COMMIT_ITEMS_MAX || (bytes > 0 && bytes + more > COMMIT_BYTES_MAX)) {
          yield this.#commit(key, taken)
          taken = []
          bytes = 0
        }
        taken.push(item)
        bytes += more
      }
      if (taken.length > 0) yield this.#commit(key, taken)
    }
  }

  #commit(partition: Buffer, items: readonly LoadItem[]): LoadCommit {
    const writes = items.map(({ item, sort }) => ({
      sort,
      blind: true,
      change: () => ({ put: item, expiresAt: 0 }),
    }))
    return { table: this.#table, partition, writes, lines: items.flatMap(({ lines }) => lines) }
  }
}
