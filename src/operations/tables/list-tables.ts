import type { Operation } from '../operation.ts'

export interface ListTables {
  /** List names after this one, which need not exist. */
  readonly exclusiveStartTable?: string
  /** 1 or more. */
  readonly limit: number
}

export interface ListTablesResult {
  /** Names of tables of any status, ascending by bytes. */
  readonly tables: readonly string[]
  /** The last name, if the page is full. */
  readonly lastEvaluatedTable?: string
  /** Whether there are names after this page. */
  readonly more: boolean
}

export const listTables: Operation<ListTables, ListTablesResult> = {
  name: 'list_tables',
  async run({ catalogue }, command, context) {
    const { exclusiveStartTable: start, limit } = command
    // One more, because a storage driver may not know whether names follow.
    const found = await catalogue.list(context, start, limit + 1)
    const tables = found.names.slice(0, limit)
    const more = found.more || found.names.length > limit
    const last = tables.at(-1)
    const full = more || tables.length === limit
    return { tables, more, ...(last !== undefined && full && { lastEvaluatedTable: last }) }
  },
}
