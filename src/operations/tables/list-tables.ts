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
}

export const listTables: Operation<ListTables, ListTablesResult> = {
  name: 'list_tables',
  async run({ catalogue }, command, context) {
    const { exclusiveStartTable: start, limit } = command
    const { names, more } = await catalogue.list(context, start, limit)
    const last = names.at(-1)
    const full = more || names.length === limit
    return { tables: names, ...(last !== undefined && full ? { lastEvaluatedTable: last } : {}) }
  },
}
