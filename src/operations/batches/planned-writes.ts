import type { ActiveTable } from '../../engine/catalogue/active-table.ts'
import { withKnownTable } from '../../engine/catalogue/with-table.ts'
import type { Engine } from '../../engine/engine.ts'
import { storableItem } from '../../engine/format/storable-item.ts'
import { addressOfKey, checkItem, type ItemAddress } from '../../engine/items/check-item.ts'
import {
  type Change,
  type ItemWrite,
  readsOldItems,
  writeItems,
} from '../../engine/items/write-items.ts'
import { usageOf, type WriteUsage, writtenOf } from '../../engine/items/written.ts'
import type { WorkContext } from '../../engine/operation-context.ts'
import type { Item } from '../../model/attribute-value.ts'
import { type Steps, settled } from '../../model/steps.ts'

const COMMIT_WRITES_MAX = 100
/** The limit if each write reads its old item, which may be large even if the new one is small. As
 * many as a BatchWriteItem may have. */
const READING_COMMIT_WRITES_MAX = 25
/** Bytes that one commit stores in the table and its indexes. A larger item gets its own commit.
 * The keys of deleted index entries are added to this. The sum stays well below a commit's limit
 * (storage/driver.ts). */
const COMMIT_STORED_BYTES_MAX = 2 * 1024 * 1024

/** Writes of one partition, checked and encoded by the table's definition. */
export interface PlannedCommit<Source> {
  readonly table: ActiveTable
  readonly partition: Buffer
  readonly writes: readonly ItemWrite[]
  /** The requests or lines that the writes come from. */
  readonly sources: readonly Source[]
}

/** The usage of each write that was applied. */
export type Usages = Map<ItemWrite, WriteUsage>

interface PlannedWrite<Source> {
  readonly write: ItemWrite
  readonly bytes: number
  readonly sources: readonly Source[]
}

interface PartitionWrites<Source> {
  readonly partition: Buffer
  readonly bySort: Map<string, PlannedWrite<Source>>
}

/** Collects writes of one table and divides them into commits of bounded size. */
export class WritePlan<Source> {
  readonly #table: ActiveTable
  readonly #copies: number
  readonly #partitions = new Map<string, PartitionWrites<Source>>()
  readonly #usages: Usages | undefined
  #storedBytes = 0

  /** @param usages receives the usage of each write. This costs a read of each replaced item. */
  constructor(table: ActiveTable, usages?: Usages) {
    this.#table = table
    this.#usages = usages
    this.#copies = 1 + table.definition.indexes.length
  }

  /** Upper bound of the bytes that the writes store in the table and its indexes. */
  get storedBytes(): number {
    return this.#storedBytes
  }

  /**
   * Of two writes with the same key, only the later one is applied; its commit has both sources.
   *
   * @returns whether this is the first write with its key
   * @throws MagnetoDBError if the item is not valid in the table
   */
  *put(item: Item, source: Source): Steps<boolean> {
    const address = checkItem(this.#table.definition, item)
    const put = yield* settled(storableItem(item))
    return this.#add(address, { put, expiresAt: 0 }, put.value.length, source)
  }

  /** Like `put`, but deletes the item with this key. */
  delete(key: Item, source: Source): boolean {
    const address = addressOfKey(this.#table.definition, key)
    return this.#add(address, {}, 0, source)
  }

  #add({ partition, sort }: ItemAddress, change: Change, bytes: number, source: Source): boolean {
    const { bySort } = this.#partition(partition)
    const place = sort.toString('latin1')
    const earlier = bySort.get(place)
    const planned = {
      write: this.#write(sort, change),
      bytes: this.#copies * (partition.length + sort.length + bytes),
      sources: earlier ? [...earlier.sources, source] : [source],
    }
    bySort.set(place, planned)
    this.#storedBytes += planned.bytes - (earlier?.bytes ?? 0)
    return !earlier
  }

  #write(sort: Buffer, change: Change): ItemWrite {
    const usages = this.#usages
    const foreseen = (attribute: string) => change?.put?.item.get(attribute)
    if (!usages) return { sort, blind: true, foreseen, change: () => change }
    const table = this.#table
    const write: ItemWrite = {
      sort,
      blind: true,
      foreseen,
      *change(old) {
        usages.set(write, yield* usageOf(writtenOf(table, write, { ...change, old })))
        return change
      },
    }
    return write
  }

  #partition(partition: Buffer): PartitionWrites<Source> {
    const name = partition.toString('latin1')
    let writes = this.#partitions.get(name)
    if (!writes) {
      writes = { partition, bySort: new Map() }
      this.#partitions.set(name, writes)
    }
    return writes
  }

  /** Commits in any order: each key is in only one of them. */
  *commits(): Generator<PlannedCommit<Source>> {
    const writesMax = readsOldItems(this.#table) ? READING_COMMIT_WRITES_MAX : COMMIT_WRITES_MAX
    for (const { partition, bySort } of this.#partitions.values()) {
      let taken: PlannedWrite<Source>[] = []
      let bytes = 0
      for (const planned of bySort.values()) {
        const isFull = taken.length === writesMax || bytes + planned.bytes > COMMIT_STORED_BYTES_MAX
        if (isFull && taken.length > 0) {
          yield this.#commit(partition, taken)
          taken = []
          bytes = 0
        }
        taken.push(planned)
        bytes += planned.bytes
      }
      if (taken.length > 0) yield this.#commit(partition, taken)
    }
  }

  #commit(partition: Buffer, planned: readonly PlannedWrite<Source>[]): PlannedCommit<Source> {
    return {
      table: this.#table,
      partition,
      writes: planned.map(({ write }) => write),
      sources: planned.flatMap(({ sources }) => sources),
    }
  }
}

/** Like `writeItems`. Rejects with `table_replaced` if another table has the name now. */
export function writePlanned(
  engine: Engine,
  context: WorkContext,
  { table: known, partition, writes }: PlannedCommit<unknown>,
): Promise<readonly Change[]> {
  const write = (table: ActiveTable) => writeItems(engine, context, table, partition, writes)
  return withKnownTable(engine, context, { known, writes: true }, write)
}
