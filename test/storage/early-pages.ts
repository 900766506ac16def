import type {
  Commit,
  CommitResult,
  PageBudget,
  ReadOptions,
  ScanPage,
  ScanPosition,
  ScanRequest,
  Slice,
  SortRange,
  TableId,
} from '../../src/storage/driver.ts'
import { MemoryDriver } from '../../src/storage/memory/driver.ts'
import { partitionToken, segmentTokens, tokenNumber } from '../../src/storage/token.ts'

/** A memory driver whose pages end after a few deleted rows. */
export class EarlyPagesDriver extends MemoryDriver {
  early = 0
  readonly #passedMax: number
  readonly #deleted = new Map<string, ScanPosition & { readonly table: TableId }>()

  constructor(passedMax: number) {
    super()
    this.#passedMax = passedMax
  }

  override async commit(
    table: TableId,
    partition: Buffer,
    commit: Commit,
    deadline: number,
  ): Promise<CommitResult> {
    const result = await super.commit(table, partition, commit, deadline)
    if (result.outcome !== 'applied') return result
    const name = (sort: Buffer) =>
      [table, partition, sort].map((bytes) => bytes.toString('hex')).join()
    for (const { sort } of commit.put) this.#deleted.delete(name(sort))
    for (const sort of commit.delete) this.#deleted.set(name(sort), { table, partition, sort })
    return result
  }

  override async slice(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    direction: 'forward' | 'backward',
    budget: PageBudget,
    read: ReadOptions,
  ): Promise<Slice> {
    const slice = await super.slice(table, partition, range, direction, budget, read)
    const sign = direction === 'forward' ? 1 : -1
    const deleted = this.#deletedOf(table)
      .filter((place) => place.partition.equals(partition) && isIn(range, place.sort))
      .map(({ sort }) => sort)
    const order = (a: Buffer, b: Buffer) => sign * a.compare(b)
    const { rows, reached } = this.#cut(slice, deleted, (row) => row.sort, order)
    return reached ? { rows, more: true, reached } : slice
  }

  override async scan(table: TableId, request: ScanRequest, read: ReadOptions): Promise<ScanPage> {
    const page = await super.scan(table, request, read)
    const { first, last } = segmentTokens(request.segment, request.totalSegments)
    const token = ({ partition }: ScanPosition) => partitionToken(table, partition)
    const order = (a: ScanPosition, b: ScanPosition) =>
      token(a).compare(token(b)) || a.partition.compare(b.partition) || a.sort.compare(b.sort)
    const { after } = request
    const deleted = this.#deletedOf(table).filter((place) => {
      const number = tokenNumber(token(place))
      const behind = after === undefined || order(place, after) > 0
      return behind && number >= first && number <= last && isIn(request.range, place.sort)
    })
    const { rows, reached } = this.#cut(page, deleted, (row) => row, order)
    return reached ? { rows, more: true, reached } : page
  }

  #deletedOf(table: TableId): ScanPosition[] {
    return [...this.#deleted.values()]
      .filter((place) => place.table.equals(table))
      .map(({ partition, sort }) => ({ partition, sort }))
  }

  /** The rows before the last deleted place that a page may pass. */
  #cut<R, P>(
    page: { readonly rows: readonly R[]; readonly more: boolean },
    deleted: readonly P[],
    placeOf: (row: R) => P,
    order: (a: P, b: P) => number,
  ): { readonly rows: readonly R[]; readonly reached?: P } {
    const reached = [...deleted].sort(order)[this.#passedMax - 1]
    const last = page.rows.at(-1)
    if (reached === undefined) return page
    if (page.more && last && order(reached, placeOf(last)) > 0) return page
    this.early += 1
    return { rows: page.rows.filter((row) => order(placeOf(row), reached) < 0), reached }
  }
}

function isIn({ from, to }: SortRange, sort: Buffer): boolean {
  return (!from || sort.compare(from) >= 0) && (!to || sort.compare(to) < 0)
}
