import type { Operation } from '../operation.ts'

export interface ListTables {
  /** Names after this one, which need not exist. */
  readonly exclusiveStartTable?: string
  /** 1 or more. */
  readonly limit: number
}

export interface ListTablesResult {
  /** Ascending by bytes, of every status. */
  readonly tables: readonly string[]
  /** The last name of a page that was full. */
  readonly lastEvaluatedTable?: string
  /** Whether there are names behind this page. */
  readonly more: boolean
}

export const listTables: Operation<ListTables, ListTablesResult> = {
  name: 'list_tables',
  async run({ catalogue }, command, context) {
    const { exclusiveStartTable: start, limit } = command
    // One more, since a storage may not know whether any follow.
    const found = await catalogue.list(context, start, limit + 1)
    const tables = found.names.slice(0, limit)
    const more = found.more || found.names.length > limit
    const last = tables.at(-1)
    const full = more || tables.length === limit
    return { tables, more, ...(last !== undefined && full && { lastEvaluatedTable: last }) }
  },
}
