import { withTable } from '../../engine/catalogue/with-table.ts'
import { projectedAttributes } from '../../engine/indexes/local-index.ts'
import { type QueryItems, queryItems } from '../../engine/items/query-items.ts'
import type { Page, PageView } from '../../engine/items/read-page.ts'
import type { WorkContext } from '../../engine/operation-context.ts'
import type { Condition, KeyCondition } from '../../expression/condition.ts'
import type { Item } from '../../model/attribute-value.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import type { LocalSecondaryIndex, TableDefinition } from '../../model/table.ts'
import type { ReadOptions } from '../../storage/driver.ts'
import type { Operation } from '../operation.ts'

export type Select = 'ALL_ATTRIBUTES' | 'ALL_PROJECTED_ATTRIBUTES' | 'SPECIFIC_ATTRIBUTES' | 'COUNT'

export interface Query {
  readonly table: string
  readonly index?: string
  /** By attribute name; which attributes it has to name depends on the table and the index. */
  readonly keyConditions: ReadonlyMap<string, KeyCondition>
  readonly filter?: Condition
  readonly select: Select
  /** With SPECIFIC_ATTRIBUTES; absent: all. */
  readonly attributes?: readonly string[]
  /** Rows to read at most, 1 or more; absent: as many as a page holds. */
  readonly limit?: number
  readonly consistentRead: boolean
  readonly forward: boolean
  readonly exclusiveStartKey?: Item
}

export type PageResult = Page

export const query: Operation<Query, PageResult> = {
  name: 'query',
  run: (engine, command, context) =>
    withTable(engine, context, { name: command.table }, (table) => {
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
  const index = command.index === undefined ? undefined : indexOf(definition, command.index)
  const { attributes, exclusiveStartKey } = command
  const projected = index && projectedAttributes(definition, index)
  return {
    keyConditions: command.keyConditions,
    forward: command.forward,
    beyondIndex: projected !== undefined && !holdsAll(projected, command),
    view: { ...pageView(command, now), ...(index ? { index } : {}) },
    ...(exclusiveStartKey ? { exclusiveStartKey } : {}),
  }

  function holdsAll(held: readonly string[], { select }: Query): boolean {
    if (select === 'COUNT' || select === 'ALL_PROJECTED_ATTRIBUTES') return true
    return attributes?.every((name) => held.includes(name)) ?? false
  }
}

function indexOf(definition: TableDefinition, name: string): LocalSecondaryIndex {
  const index = definition.localSecondaryIndexes.find((each) => each.name === name)
  if (index) return index
  throw new MagnetoDBError({ is: 'index_not_found', table: definition.name, index: name })
}

/** What a page of Query or Scan shows. */
export function pageView(
  command: Pick<Query, 'limit' | 'filter' | 'select' | 'attributes'>,
  now: number,
): PageView {
  const { limit, filter, attributes } = command
  return {
    nowSeconds: now / 1000,
    countOnly: command.select === 'COUNT',
    ...(limit === undefined ? {} : { limit }),
    ...(filter ? { filter } : {}),
    ...(attributes ? { attributes } : {}),
  }
}
