import {
  type ScanPage,
  type ScanPosition,
  type Slice,
  StorageUnavailableError,
  type TableId,
} from '../../src/storage/driver.ts'
import { MemoryDriver } from '../../src/storage/memory/driver.ts'
import { MemoryStore, type StoredRow } from '../../src/storage/memory/store.ts'
import { segmentTokens } from '../../src/storage/token.ts'
import { isIn, nameOf, TableFixture } from './contract/table-fixture.ts'

/** Tombstones that one read may pass: Cassandra's warning threshold. */
export const TOMBSTONES_MAX = 1000

/** Remembers each deleted row, like an engine that keeps tombstones for days. */
export class WornStore extends MemoryStore {
  readonly #tombstones = new Map<string, Map<string, ScanPosition>>()

  override put(table: TableId, partition: Buffer, row: StoredRow): void {
    super.put(table, partition, row)
    this.#of(table).delete(nameOf({ partition, sort: row.sort }))
  }

  override delete(table: TableId, partition: Buffer, sorts: readonly Buffer[]): void {
    super.delete(table, partition, sorts)
    const tombstones = this.#of(table)
    for (const sort of sorts) tombstones.set(nameOf({ partition, sort }), { partition, sort })
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

type Order = (a: ScanPosition, b: ScanPosition) => number

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
    const own = new TableFixture(this, table)
    const tombstones = this.#store.tombstones(table).filter((place) => {
      const token = own.token(place.partition)
      const isBehind = after === undefined || own.scanOrder(place, after) > 0
      return isBehind && token >= first && token <= last && isIn(range, place.sort)
    })
    const more = page.more || page.rows.length >= budget.rows
    const answer = this.passing({ ...page, more }, tombstones, own.scanOrder)
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

/** A memory driver whose pages end after a few deleted rows. */
export class EarlyPagesDriver extends WornDriver {
  /** Pages that ended early. */
  early = 0
  readonly #passedMax: number

  constructor(passedMax: number) {
    super()
    this.#passedMax = passedMax
  }

  protected override passing(
    page: ScanPage,
    tombstones: readonly ScanPosition[],
    order: Order,
  ): ScanPage {
    const reached = tombstones.toSorted(order)[this.#passedMax - 1]
    const last = page.rows.at(-1)
    if (!reached || (page.more && last && order(reached, last) > 0)) return page
    this.early += 1
    return { rows: page.rows.filter((row) => order(row, reached) < 0), more: true, reached }
  }
}
