import {
  type ScanPage,
  type ScanPosition,
  type Slice,
  type SortRange,
  StorageUnavailableError,
  type TableId,
} from '../../src/storage/driver.ts'
import { MemoryDriver } from '../../src/storage/memory/driver.ts'
import { MemoryStore, type StoredRow } from '../../src/storage/memory/store.ts'
import { partitionToken, segmentTokens, tokenNumber } from '../../src/storage/token.ts'

/** Tombstones that one read may pass: Cassandra's warning threshold. */
export const TOMBSTONES_MAX = 1000

/** Remembers each deleted row, like an engine that keeps tombstones for days. */
export class WornStore extends MemoryStore {
  readonly #tombstones = new Map<string, Map<string, ScanPosition>>()

  override put(table: TableId, partition: Buffer, row: StoredRow): void {
    super.put(table, partition, row)
    this.#of(table).delete(nameOf(partition, row.sort))
  }

  override delete(table: TableId, partition: Buffer, sorts: readonly Buffer[]): void {
    super.delete(table, partition, sorts)
    const tombstones = this.#of(table)
    for (const sort of sorts) tombstones.set(nameOf(partition, sort), { partition, sort })
  }

  tombstones(table: TableId): readonly ScanPosition[] {
    return [...this.#of(table).values()]
  }

  /** A partition's rows that were dropped, or a table's that were purged, leave nothing to pass. */
  forget(table: TableId, partition?: Buffer): void {
    const tombstones = this.#of(table)
    for (const [name, place] of tombstones) {
      if (!partition || place.partition.equals(partition)) tombstones.delete(name)
    }
  }

  #of(table: TableId): Map<string, ScanPosition> {
    const name = table.toString('hex')
    const tombstones = this.#tombstones.get(name) ?? new Map<string, ScanPosition>()
    this.#tombstones.set(name, tombstones)
    return tombstones
  }
}

export type Order = (a: ScanPosition, b: ScanPosition) => number

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
    const sign = direction === 'forward' ? 1 : -1
    const order: Order = (a, b) => sign * a.sort.compare(b.sort)
    const tombstones = this.#store
      .tombstones(table)
      .filter((place) => place.partition.equals(partition) && isIn(range, place.sort))
    const rows = page.rows.map((row) => ({ ...row, partition }))
    const more = page.more || rows.length >= budget.rows
    const { reached, ...answer } = this.passing({ rows, more }, tombstones, order)
    return reached ? { ...answer, reached: reached.sort } : page
  }

  override async scan(...call: Parameters<MemoryDriver['scan']>): Promise<ScanPage> {
    const [table, { segment, totalSegments, after, range, budget }] = call
    const page = await super.scan(...call)
    const { first, last } = segmentTokens(segment, totalSegments)
    const tokenOf = ({ partition }: ScanPosition) => partitionToken(table, partition)
    const order: Order = (a, b) =>
      tokenOf(a).compare(tokenOf(b)) || a.partition.compare(b.partition) || a.sort.compare(b.sort)
    const tombstones = this.#store.tombstones(table).filter((place) => {
      const number = tokenNumber(tokenOf(place))
      const isBehind = after === undefined || order(place, after) > 0
      return isBehind && number >= first && number <= last && isIn(range, place.sort)
    })
    const more = page.more || page.rows.length >= budget.rows
    const answer = this.passing({ ...page, more }, tombstones, order)
    return answer.reached ? answer : page
  }

  override async drop(...call: Parameters<MemoryDriver['drop']>): Promise<void> {
    await super.drop(...call)
    const [table, partition] = call
    this.#store.forget(table, partition)
  }

  override async purge(...call: Parameters<MemoryDriver['purge']>): Promise<Buffer | null> {
    const next = await super.purge(...call)
    if (next === null) this.#store.forget(call[0])
    return next
  }

  /** What a read answers that meets these tombstones; the page ends early where it is `reached`. */
  protected passing(page: ScanPage, tombstones: readonly ScanPosition[], order: Order): ScanPage {
    const last = page.more ? page.rows.at(-1) : undefined
    const passed = tombstones.filter((place) => !last || order(place, last) < 0).length
    this.mostPassed = Math.max(this.mostPassed, passed)
    if (passed <= TOMBSTONES_MAX) return page
    throw new StorageUnavailableError(`a read passes ${passed} tombstones`)
  }
}

function nameOf(...place: readonly [partition: Buffer, sort: Buffer]): string {
  return place.map((bytes) => bytes.toString('hex')).join()
}

function isIn({ from, to }: SortRange, sort: Buffer): boolean {
  return (!from || sort.compare(from) >= 0) && (!to || sort.compare(to) < 0)
}
