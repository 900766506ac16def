import type { ActiveTable } from '../../engine/catalogue/active-table.ts'
import { withTable } from '../../engine/catalogue/with-table.ts'
import type { Engine } from '../../engine/engine.ts'
import type { WorkContext } from '../../engine/operation-context.ts'
import type { Item } from '../../model/attribute-value.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { mapInSteps } from '../../model/steps.ts'
import { keyOf, type TableDefinition } from '../../model/table.ts'
import type { Operation } from '../operation.ts'
import { settleParts, tablesOf } from './batch-parts.ts'
import { type PlannedCommit, WritePlan, writePlanned } from './planned-writes.ts'

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

export const batchWriteItem: Operation<BatchWriteItem, BatchWriteItemResult> = {
  name: 'batch_write_item',
  async run(engine, { requests }, context) {
    const tables = await tablesOf(engine, context, requests)
    const planned = tables.map(({ request, table }) => planOf(engine, context, request, table))
    const commits = (await Promise.all(planned)).flatMap((plan) => [...plan.commits()])
    const outcomes = await settleParts(commits.map((each) => writePlanned(engine, context, each)))
    const failed = commits.filter((_, i) => outcomes[i]?.status === 'rejected')
    return { unprocessed: merged(failed) }
  },
}

/** Checks all writes of a table before the first is done. */
function planOf(
  engine: Engine,
  context: WorkContext,
  { table: name, writes }: TableWrites,
  known: ActiveTable,
): Promise<WritePlan<WriteRequest>> {
  const planIn = async (table: ActiveTable): Promise<WritePlan<WriteRequest>> => {
    const plan = new WritePlan<WriteRequest>(table)
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

/** One entry a table. */
function merged(commits: readonly PlannedCommit<WriteRequest>[]): readonly TableWrites[] {
  const tables = new Map<string, WriteRequest[]>()
  for (const { table, sources } of commits) {
    const { name } = table.definition
    tables.set(name, [...(tables.get(name) ?? []), ...sources])
  }
  return [...tables].map(([table, writes]) => ({ table, writes }))
}
