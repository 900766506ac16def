import { withTable } from '../../engine/catalogue/with-table.ts'
import { projectedAttributes } from '../../engine/indexes/local-index.ts'
import { type QueryItems, queryItems } from '../../engine/items/query-items.ts'
import type { Page, PageView } from '../../engine/items/read-page.ts'
import type { WorkContext } from '../../engine/operation-context.ts'
import type { Condition, KeyCondition } from '../../expression/condition.ts'
import type { Path } from '../../expression/path.ts'
import type { Item } from '../../model/attribute-value.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import type { SecondaryIndex, TableDefinition } from '../../model/table.ts'
import type { ReadOptions } from '../../storage/driver.ts'
import type { Operation, TableCheck } from '../operation.ts'

export type Select = 'ALL_ATTRIBUTES' | 'ALL_PROJECTED_ATTRIBUTES' | 'SPECIFIC_ATTRIBUTES' | 'COUNT'

export interface Query {
  readonly table: string
  readonly index?: string
  /** By attribute name. The required names depend on the table and the index. */
  readonly keyConditions: ReadonlyMap<string, KeyCondition>
  readonly filter?: Condition
  readonly select: Select
  /** With SPECIFIC_ATTRIBUTES; absent: all. */
  readonly paths?: readonly Path[]
  /** Rows to read at most, 1 or more; absent: as many as a page holds. */
  readonly limit?: number
  readonly consistentRead: boolean
  readonly forward: boolean
  readonly exclusiveStartKey?: Item
  readonly check?: TableCheck
}

export type PageResult = Page

export const query: Operation<Query, PageResult> = {
  name: 'query',
  run: (engine, command, context) =>
    withTable(engine, context, { name: command.table }, (table) => {
      command.check?.(table.definition)
      const level = command.consistentRead ? 'strong' : 'eventual'
      const read = pageRead(context, level)
      const asked = queryOf(table.definition, command, engine.time.expiryNow())
      return queryItems(context, table, asked, read)
    }),
}

/** Long reads take turns with other work. */
export function pageRead(
  { deadline, work }: WorkContext,
  level: ReadOptions['level'],
): ReadOptions {
  return { level, deadline, giveWay: () => work.turn() }
}

function queryOf(definition: TableDefinition, command: Query, now: number): QueryItems {
  const { exclusiveStartKey } = command
  return {
    keyConditions: command.keyConditions,
    forward: command.forward,
    ...viewOf(definition, command, now),
    ...(exclusiveStartKey ? { exclusiveStartKey } : {}),
  }
}

/** The view of a page of Query or Scan, and whether it needs attributes that the index lacks. */
export function viewOf(
  definition: TableDefinition,
  command: Pick<Query, 'index' | 'limit' | 'filter' | 'select' | 'paths'>,
  now: number,
): { readonly view: PageView; readonly beyondIndex: boolean } {
  const { limit, filter, select, paths } = command
  const index = command.index === undefined ? undefined : indexOf(definition, command.index)
  const held = index && projectedAttributes(definition, index)
  const view = {
    nowSeconds: now / 1000,
    countOnly: select === 'COUNT',
    ...(limit === undefined ? {} : { limit }),
    ...(filter ? { filter } : {}),
    ...(paths ? { paths } : {}),
    ...(index ? { index } : {}),
  }
  return { view, beyondIndex: held !== undefined && !holdsAll(held, command) }
}

function holdsAll(held: readonly string[], { select, paths }: Pick<Query, 'select' | 'paths'>) {
  if (select === 'COUNT' || select === 'ALL_PROJECTED_ATTRIBUTES') return true
  return paths?.every(({ attribute }) => held.includes(attribute)) ?? false
}

function indexOf(definition: TableDefinition, name: string): SecondaryIndex {
  const index = definition.indexes.find((each) => each.name === name)
  if (index) return index
  throw new MagnetoDBError({ is: 'index_not_found', table: definition.name, index: name })
}
