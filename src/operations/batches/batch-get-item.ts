import type { ActiveTable } from '../../engine/catalogue/active-table.ts'
import { withKnownTable, withTable } from '../../engine/catalogue/with-table.ts'
import type { Engine } from '../../engine/engine.ts'
import { isExpired } from '../../engine/format/stored-item.ts'
import { encodedItemOf } from '../../engine/format/value-codec.ts'
import { addressOfKey } from '../../engine/items/check-item.ts'
import type { Work, WorkContext } from '../../engine/operation-context.ts'
import type { Path } from '../../expression/path.ts'
import { type Projection, projection } from '../../expression/project.ts'
import type { Item } from '../../model/attribute-value.ts'
import { BATCH_GET_SIZE_BYTES_MAX } from '../../model/limits.ts'
import { mapInSteps, type Steps } from '../../model/steps.ts'
import type { EncodedItem } from '../../model/typed-json.ts'
import type { Row } from '../../storage/driver.ts'
import { projectedItem } from '../items/item-read.ts'
import type { Operation, TableCheck } from '../operation.ts'
import { settleParts, tablesOf } from './batch-parts.ts'

export interface TableKeys {
  readonly table: string
  readonly keys: readonly Item[]
  /** What to return of the items; absent: all. */
  readonly paths?: readonly Path[]
  readonly consistentRead: boolean
  readonly check?: TableCheck
}

export interface BatchGetItem {
  readonly requests: readonly TableKeys[]
}

export interface BatchGetItemResult {
  /** By table; tables of which no item was found are left out. Items are in no defined order. */
  readonly responses: ReadonlyMap<string, readonly EncodedItem[]>
  /** Keys that were not read, for the client to request again. */
  readonly unprocessed: readonly TableKeys[]
  /** By table, the size of each item that was read; 0 if there was no such item. */
  readonly bytes: ReadonlyMap<string, readonly number[]>
}

export const batchGetItem: Operation<BatchGetItem, BatchGetItemResult> = {
  name: 'batch_get_item',
  async run(engine, { requests }, context) {
    const tables = await tablesOf(engine, context, requests)
    const planned = tables.map(({ request, table }) => partsOf(engine, context, request, table))
    const waves = wavesOf((await Promise.all(planned)).flat())
    const outcomes = await settleParts(readWaves(engine, waves, context))
    return collect(context.work, waves.flat(), outcomes, engine.time.expiryNow() / 1000)
  },
}

/** Keys read at once. Ordinary items of the largest size then slightly exceed a response. Items
 * whose JSON is many times their size take 125 MB at most. */
const KEYS_AT_ONCE_MAX = 50

/** The keys of one table that share a partition. */
interface Part {
  readonly request: TableKeys
  readonly table: ActiveTable
  readonly partition: Buffer
  readonly sorts: Buffer[]
  readonly keys: Item[]
}

function partsOf(
  engine: Engine,
  context: WorkContext,
  request: TableKeys,
  known: ActiveTable,
): Promise<readonly Part[]> {
  const partsIn = async (table: ActiveTable): Promise<readonly Part[]> => {
    request.check?.(table.definition)
    const parts = new Map<string, Part>()
    for (const key of request.keys) {
      const { partition, sort } = addressOfKey(table.definition, key)
      const name = partition.toString('latin1')
      const part = parts.get(name) ?? { request, table, partition, sorts: [], keys: [] }
      parts.set(name, part)
      if (part.sorts.some((other) => other.equals(sort))) continue
      part.sorts.push(sort)
      part.keys.push(key)
    }
    return [...parts.values()]
  }
  return withTable(engine, context, { name: request.table, known }, partsIn)
}

/** Divides the parts into waves of at most `KEYS_AT_ONCE_MAX` keys. */
function wavesOf(parts: readonly Part[]): readonly (readonly Part[])[] {
  const waves: Part[][] = []
  let room = 0
  for (const part of parts) {
    for (let start = 0; start < part.keys.length; ) {
      if (room === 0) {
        waves.push([])
        room = KEYS_AT_ONCE_MAX
      }
      const end = Math.min(part.keys.length, start + room)
      const [sorts, keys] = [part.sorts.slice(start, end), part.keys.slice(start, end)]
      waves.at(-1)?.push({ ...part, sorts, keys })
      room -= end - start
      start = end
    }
  }
  return waves
}

/** Reads wave after wave until the response is full. Later parts become `undefined`. */
function readWaves(
  engine: Engine,
  waves: readonly (readonly Part[])[],
  context: WorkContext,
): Promise<readonly (Row | null)[] | undefined>[] {
  let bytes = 0
  const readUnlessFull = async (part: Part) => {
    if (bytes > BATCH_GET_SIZE_BYTES_MAX) return undefined
    const rows = await readPart(engine, part, context)
    for (const row of rows) bytes += row?.value.length ?? 0
    return rows
  }
  let before: Promise<unknown> | undefined
  return waves.flatMap((wave) => {
    const start = before
    const reads = wave.map((part) =>
      start ? start.then(() => readUnlessFull(part)) : readUnlessFull(part),
    )
    before = Promise.allSettled(reads)
    return reads
  })
}

function readPart(
  engine: Engine,
  { request, table: planned, partition, sorts }: Part,
  context: WorkContext,
): Promise<readonly (Row | null)[]> {
  const level = request.consistentRead ? 'strong' : 'eventual'
  const read = { level, deadline: context.deadline } as const
  const [only] = sorts
  return withKnownTable(engine, context, { known: planned }, async ({ id }) =>
    sorts.length === 1 && only
      ? [await context.storage.get(id, partition, only, read)]
      : context.storage.getMany(id, partition, sorts, read),
  )
}

/** Keys whose read failed, or whose items exceed `BATCH_GET_SIZE_BYTES_MAX`, become unprocessed. */
async function collect(
  work: Work,
  parts: readonly Part[],
  outcomes: readonly PromiseSettledResult<readonly (Row | null)[] | undefined>[],
  nowSeconds: number,
): Promise<BatchGetItemResult> {
  const found: { request: TableKeys; row: Row }[] = []
  const unprocessed: TableKeys[] = []
  const sizes = new Map<string, number[]>()
  let bytes = 0
  for (const [i, part] of parts.entries()) {
    const { request, keys } = part
    const outcome = outcomes[i]
    const rows = (outcome?.status === 'fulfilled' && outcome.value) || []
    const left: Item[] = []
    const read = sizes.get(request.table) ?? []
    sizes.set(request.table, read)
    for (const [k, key] of keys.entries()) {
      const row = rows[k]
      bytes += row?.value.length ?? 0
      if (row === undefined || bytes > BATCH_GET_SIZE_BYTES_MAX) {
        left.push(key)
        continue
      }
      const isThere = row !== null && !isExpired(row, nowSeconds)
      if (isThere) found.push({ request, row })
      read.push(isThere ? row.size : 0)
    }
    if (left.length > 0) unprocessed.push({ ...request, keys: left })
  }
  const responses = await work.finish(responsesOf(found))
  return { responses, unprocessed: merged(unprocessed), bytes: sizes }
}

function* responsesOf(
  found: readonly { readonly request: TableKeys; readonly row: Row }[],
): Steps<ReadonlyMap<string, readonly EncodedItem[]>> {
  const projections = new Map<TableKeys, Projection | undefined>()
  for (const { request } of found) {
    if (!projections.has(request))
      projections.set(request, request.paths && projection(request.paths))
  }
  const encoded = yield* mapInSteps(found, function* ({ request, row }) {
    yield
    return yield* projectedItem(encodedItemOf(row.value), projections.get(request))
  })
  const responses = new Map<string, EncodedItem[]>()
  for (const [i, { request }] of found.entries()) {
    const items = responses.get(request.table) ?? []
    responses.set(request.table, items)
    items.push(encoded[i] as EncodedItem)
  }
  return responses
}

/** One entry per table, with the options of its request. */
function merged(requests: readonly TableKeys[]): readonly TableKeys[] {
  const tables = new Map<string, TableKeys>()
  for (const request of requests) {
    const before = tables.get(request.table)?.keys ?? []
    tables.set(request.table, { ...request, keys: [...before, ...request.keys] })
  }
  return [...tables.values()]
}
