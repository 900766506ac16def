import type { ActiveTable } from '../../engine/catalogue/active-table.ts'
import { withTable } from '../../engine/catalogue/with-table.ts'
import type { Engine } from '../../engine/engine.ts'
import { NO_USAGE, type WriteUsage } from '../../engine/items/written.ts'
import type { WorkContext } from '../../engine/operation-context.ts'
import type { Item } from '../../model/attribute-value.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { mapInSteps } from '../../model/steps.ts'
import { keyOf, type TableDefinition } from '../../model/table.ts'
import type { Operation, TableCheck } from '../operation.ts'
import { settleParts, tablesOf } from './batch-parts.ts'
import { type PlannedCommit, type Usages, WritePlan, writePlanned } from './planned-writes.ts'

export type WriteRequest = { readonly put: Item } | { readonly delete: Item }

export interface TableWrites {
  readonly table: string
  readonly writes: readonly WriteRequest[]
  readonly check?: TableCheck
}

export interface BatchWriteItem {
  readonly requests: readonly TableWrites[]
  /** Whether to measure the writes. This reads the items that they replace, which a batch otherwise
   * does only in tables with indexes. */
  readonly measured?: boolean
}

export interface BatchWriteItemResult {
  /** Writes that were not or may not have been applied, for the client to send again. */
  readonly unprocessed: readonly TableWrites[]
  /** By table, the usage of each write that was applied; absent unless `measured`. */
  readonly usage?: ReadonlyMap<string, readonly WriteUsage[]>
}

export const batchWriteItem: Operation<BatchWriteItem, BatchWriteItemResult> = {
  name: 'batch_write_item',
  async run(engine, { requests, measured }, context) {
    const tables = await tablesOf(engine, context, requests)
    const usages: Usages | undefined = measured ? new Map() : undefined
    const planned = tables.map(({ request, table }) =>
      planOf(engine, context, request, table, usages),
    )
    const commits = (await Promise.all(planned)).flatMap((plan) => [...plan.commits()])
    const outcomes = await settleParts(commits.map((each) => writePlanned(engine, context, each)))
    const isDone = (_: unknown, i: number) => outcomes[i]?.status === 'fulfilled'
    const unprocessed = merged(commits.filter((each, i) => !isDone(each, i)))
    if (!usages) return { unprocessed }
    return { unprocessed, usage: usageByTable(commits.filter(isDone), usages) }
  },
}

/** Checks all writes of a table before any is applied. */
function planOf(
  engine: Engine,
  context: WorkContext,
  { table: name, writes, check }: TableWrites,
  known: ActiveTable,
  usages?: Usages,
): Promise<WritePlan<WriteRequest>> {
  const planIn = async (table: ActiveTable): Promise<WritePlan<WriteRequest>> => {
    check?.(table.definition)
    const plan = new WritePlan<WriteRequest>(table, usages)
    await context.work.finish(
      mapInSteps(writes, function* (request) {
        const isFirst =
          'put' in request
            ? yield* plan.put(request.put, request)
            : plan.delete(request.delete, request)
        if (!isFirst) throw duplicateKey(table.definition, request)
      }),
    )
    return plan
  }
  return withTable(engine, context, { name, known }, planIn)
}

function duplicateKey({ name, key }: TableDefinition, request: WriteRequest): Error {
  const item = 'put' in request ? request.put : request.delete
  return new MagnetoDBError({
    is: 'key_repeated',
    table: name,
    key: [...keyOf(item, key).values()],
  })
}

/** The usage of the commits that were applied, by table. */
function usageByTable(
  commits: readonly PlannedCommit<WriteRequest>[],
  usages: Usages,
): ReadonlyMap<string, readonly WriteUsage[]> {
  const byTable = new Map<string, WriteUsage[]>()
  for (const { table, writes } of commits) {
    const { name } = table.definition
    const ofTable = byTable.get(name) ?? []
    byTable.set(name, ofTable)
    for (const write of writes) ofTable.push(usages.get(write) ?? NO_USAGE)
  }
  return byTable
}

/** One entry per table. */
function merged(commits: readonly PlannedCommit<WriteRequest>[]): readonly TableWrites[] {
  const tables = new Map<string, WriteRequest[]>()
  for (const { table, sources } of commits) {
    const { name } = table.definition
    tables.set(name, [...(tables.get(name) ?? []), ...sources])
  }
  return [...tables].map(([table, writes]) => ({ table, writes }))
}
