import {
  type ReadOptions,
  type ScanPage,
  type ScanRequest,
  type Slice,
  type SortRange,
  StorageUnavailableError,
  type TableId,
} from '../../src/storage/driver.ts'
import { MemoryDriver } from '../../src/storage/memory/driver.ts'
import { MemoryStore } from '../../src/storage/memory/store.ts'
import { partitionToken, segmentTokens, tokenNumber } from '../../src/storage/token.ts'

/** Tombstones that one read may pass: Cassandra's warning threshold. */
export const TOMBSTONES_MAX = 1000

/** Remembers each deleted row, like an engine that keeps tombstones for days. */
export class WornStore extends MemoryStore {
  readonly #tombstones = new Map<string, Map<string, Set<string>>>()

  override delete(table: TableId, partition: Buffer, sorts: readonly Buffer[]): void {
    super.delete(table, partition, sorts)
    const tombstones = this.#ofPartition(table, partition)
    for (const sort of sorts) tombstones.add(sort.toString('latin1'))
  }

  /** Rows of a partition that was dropped or purged leave no tombstones. */
  forget(table: TableId, partition: Buffer): void {
    this.#tombstones.get(table.toString('hex'))?.delete(partition.toString('latin1'))
  }

  forgetTable(table: TableId): void {
    this.#tombstones.delete(table.toString('hex'))
  }

  /** Counts the tombstones whose partition and sort pass a test. */
  count(table: TableId, isPassed: (partition: Buffer, sort: Buffer) => boolean): number {
    let count = 0
    for (const [name, tombstones] of this.#tombstones.get(table.toString('hex')) ?? []) {
      const partition = Buffer.from(name, 'latin1')
      for (const sort of tombstones) {
        if (isPassed(partition, Buffer.from(sort, 'latin1'))) count += 1
      }
    }
    return count
  }

  #ofPartition(table: TableId, partition: Buffer): Set<string> {
    const [tableName, name] = [table.toString('hex'), partition.toString('latin1')]
    const partitions = this.#tombstones.get(tableName) ?? new Map<string, Set<string>>()
    this.#tombstones.set(tableName, partitions)
    const tombstones = partitions.get(name) ?? new Set<string>()
    partitions.set(name, tombstones)
    return tombstones
  }
}

/** The memory driver with the tombstones of an engine that keeps them. A read that would pass more
 * than `TOMBSTONES_MAX` of them fails. If rows are deleted one by one, reads from the start of
 * their range will fail sooner or later. */
export class WornDriver extends MemoryDriver {
  /** The largest number of tombstones that a read passed. */
  mostPassed = 0
  readonly #store: WornStore

  constructor(store = new WornStore()) {
    super(store)
    this.#store = store
  }

  override async slice(...call: Parameters<MemoryDriver['slice']>): Promise<Slice> {
    const [table, partition, range, direction, budget] = call
    const page = await super.slice(...call)
    const isFull = page.more || page.rows.length >= budget.rows
    const last = isFull ? page.rows.at(-1)?.sort : undefined
    const passed = this.#store.count(table, (place, sort) => {
      if (!place.equals(partition) || !isWithin(sort, range)) return false
      if (!last) return true
      return direction === 'forward' ? sort.compare(last) < 0 : sort.compare(last) > 0
    })
    this.#check(passed)
    return page
  }

  override async scan(table: TableId, request: ScanRequest, read: ReadOptions): Promise<ScanPage> {
    const page = await super.scan(table, request, read)
    const { first, last } = segmentTokens(request.segment, request.totalSegments)
    const { after, budget } = request
    const isFull = page.more || page.rows.length >= budget.rows
    const end = isFull ? page.rows.at(-1) : undefined
    const passed = this.#store.count(table, (partition, sort) => {
      const token = partitionToken(table, partition)
      const number = tokenNumber(token)
      if (number < first || number > last || !isWithin(sort, request.range)) return false
      const place = { partition, sort }
      if (after && comparePlaces(table, place, after) <= 0) return false
      return !end || comparePlaces(table, place, end) < 0
    })
    this.#check(passed)
    return page
  }

  override async drop(...call: Parameters<MemoryDriver['drop']>): Promise<void> {
    await super.drop(...call)
    const [table, partition] = call
    this.#store.forget(table, partition)
  }

  override async purge(...call: Parameters<MemoryDriver['purge']>): Promise<Buffer | null> {
    const next = await super.purge(...call)
    const [table] = call
    if (next === null) this.#store.forgetTable(table)
    return next
  }

  #check(passed: number): void {
    this.mostPassed = Math.max(this.mostPassed, passed)
    if (passed <= TOMBSTONES_MAX) return
    throw new StorageUnavailableError(`a read passes ${passed} tombstones`)
  }
}

interface Place {
  readonly partition: Buffer
  readonly sort: Buffer
}

function isWithin(sort: Buffer, { from, to }: SortRange): boolean {
  return !(from && sort.compare(from) < 0) && !(to && sort.compare(to) >= 0)
}

/** Compares places in the order of scans. */
function comparePlaces(table: TableId, a: Place, b: Place): number {
  const tokens = partitionToken(table, a.partition).compare(partitionToken(table, b.partition))
  return tokens || a.partition.compare(b.partition) || a.sort.compare(b.sort)
}
