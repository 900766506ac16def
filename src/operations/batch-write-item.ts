import type { ActiveTable } from '../engine/active-table.ts'
import type { Engine } from '../engine/engine.ts'
import type { OperationContext } from '../engine/operation-context.ts'
import {
  addressOfKey,
  checkedItemSizeBytes,
  checkItem,
  type ItemAddress,
} from '../engine/schema.ts'
import { withTable } from '../engine/with-table.ts'
import type { Change, ItemWrite } from '../engine/write-items.ts'
import type { Item } from '../model/attribute-value.ts'
import { validationError } from '../model/errors.ts'
import { shortened } from '../model/shortened.ts'
import { keyOf, type TableDefinition } from '../model/table.ts'
import { writeValue } from '../model/typed-json.ts'
import { settleParts, tablesOf } from './batch-parts.ts'
import type { Operation } from './operation.ts'
import { type PlannedWrites, writePlanned } from './planned-writes.ts'

export type WriteRequest = { readonly put: Item } | { readonly delete: Item }

export interface TableWrites {
  readonly table: string
  readonly writes: readonly WriteRequest[]
}

export interface BatchWriteItem {
  readonly requests: readonly TableWrites[]
}

export interface BatchWriteItemResult {
  /** What was not written, or may not have been, to be asked again. */
  readonly unprocessed: readonly TableWrites[]
}

/** Rows of one commit together, by the size rule. Stored they may take several times as much, and
 * must fit one request to the engine. */
const COMMIT_BYTES_MAX = 2 * 1024 * 1024

export const batchWriteItem: Operation<BatchWriteItem, BatchWriteItemResult> = {
  name: 'batch_write_item',
  async run(engine, { requests }, context) {
    const tables = await tablesOf(engine, context, requests)
    const planned = tables.map(({ request, table }) => partsOf(engine, context, request, table))
    const parts = await Promise.all(planned)
    const commits = parts.flat()
    const outcomes = await settleParts(commits.map((part) => writePlanned(engine, context, part)))
    const failed = commits.filter((_, i) => outcomes[i]?.status === 'rejected')
    return { unprocessed: merged(failed) }
  },
}

/** The writes of one table that one commit holds: one partition, bounded bytes. */
interface Part extends PlannedWrites {
  readonly writes: ItemWrite[]
  readonly requests: WriteRequest[]
  bytes: number
}

/** Checks all writes of a table before the first is done. */
function partsOf(
  engine: Engine,
  context: OperationContext,
  { table: name, writes }: TableWrites,
  known: ActiveTable,
): Promise<readonly Part[]> {
  const partsIn = async (table: ActiveTable): Promise<readonly Part[]> => {
    const { definition } = table
    const parts: Part[] = []
    const open = new Map<string, Part>()
    const seen = new Set<string>()
    const copies = 1 + definition.localSecondaryIndexes.length
    for (const request of writes) {
      const { address, write, bytes } = plan(definition, request)
      const partition = address.partition.toString('latin1')
      const key = `${address.partition.length}:${partition}${address.sort.toString('latin1')}`
      if (seen.has(key)) throw duplicateKey(definition, request)
      seen.add(key)
      let part = open.get(partition)
      if (!part || part.bytes + bytes * copies > COMMIT_BYTES_MAX) {
        part = newPart(table, address.partition)
        open.set(partition, part)
        parts.push(part)
      }
      part.writes.push(write)
      part.requests.push(request)
      part.bytes += bytes * copies
    }
    return parts
  }
  return withTable(engine, context, name, partsIn, known)
}

function newPart(table: ActiveTable, partition: Buffer): Part {
  return { table, partition, writes: [], requests: [], bytes: 0 }
}

function plan(
  definition: TableDefinition,
  request: WriteRequest,
): { address: ItemAddress; write: ItemWrite; bytes: number } {
  if ('put' in request) {
    const address = checkItem(definition, request.put)
    const bytes = checkedItemSizeBytes(request.put)
    const change = (): Change => ({ put: request.put, expiresAt: 0 })
    return { address, bytes, write: { sort: address.sort, blind: true, change } }
  }
  const address = addressOfKey(definition, request.delete)
  return { address, bytes: 0, write: { sort: address.sort, blind: true, change: () => ({}) } }
}

function duplicateKey({ name, key }: TableDefinition, request: WriteRequest): Error {
  const item = 'put' in request ? request.put : request.delete
  const values = shortened([...keyOf(item, key).values()].map(writeValue).join(', '))
  return validationError(
    `Can't execute request: More than one operation requested for item with keys (${values}) ` +
      `in table '${name}'`,
  )
}

/** One entry a table. */
function merged(parts: readonly Part[]): readonly TableWrites[] {
  const tables = new Map<string, WriteRequest[]>()
  for (const { table, requests } of parts) {
    const { name } = table.definition
    tables.set(name, [...(tables.get(name) ?? []), ...requests])
  }
  return [...tables].map(([table, writes]) => ({ table, writes }))
}
