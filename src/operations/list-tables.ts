import type { Operation } from './operation.ts'

export interface ListTables {
  /** Names after this one, which need not exist. */
  readonly exclusiveStartTable?: string
  /** 1 or more; absent: LIST_TABLES_MAX. */
  readonly limit?: number
}

export interface ListTablesResult {
  /** Ascending by bytes, of every status. */
  readonly tables: readonly string[]
  /** The last name of a page that was full. */
  readonly lastEvaluatedTable?: string
}
