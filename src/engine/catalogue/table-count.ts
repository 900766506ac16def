import type { PutRow, Version } from '../../storage/driver.ts'
import { successor } from '../format/key-codec.ts'
import { CATALOGUE_TABLE_ID } from '../format/system-tables.ts'
import type { OperationContext } from '../operation-context.ts'

/**
 * The sort of the row that counts a project's tables, beside their definitions. The commit that
 * adds or removes a table writes it. No table's name contains this byte, and all sort before it.
 */
export const TABLE_COUNT_SORT = Buffer.from([0xff])

const FORMAT = 1
const PAGE_ROWS = 1_000

export interface TableCount {
  readonly tables: number
  /** Null if the row does not exist yet. */
  readonly version: Version | null
}

/** Null if no table was added since the version that began to count. */
export async function readTableCount(context: OperationContext): Promise<TableCount | null> {
  const { storage, projectId, deadline } = context
  const read = { level: 'strong', deadline } as const
  const partition = Buffer.from(projectId)
  const row = await storage.get(CATALOGUE_TABLE_ID, partition, TABLE_COUNT_SORT, read)
  if (!row) return null
  const { format, tables } = JSON.parse(row.value.toString()) as { format: number; tables: number }
  if (format !== FORMAT) throw new RangeError(`unknown format ${format} of a count`)
  return { tables, version: Buffer.from(row.version) }
}

export function tableCountRow(tables: number): PutRow {
  const value = Buffer.from(JSON.stringify({ format: FORMAT, tables }))
  return { sort: TABLE_COUNT_SORT, value, size: value.length, expiresAt: 0 }
}

/** Counts the definitions, without the row of the count. */
export async function countTables({
  storage,
  projectId,
  deadline,
}: OperationContext): Promise<number> {
  const read = { level: 'strong', deadline } as const
  const partition = Buffer.from(projectId)
  let tables = 0
  let from: Buffer | undefined
  for (;;) {
    const range = { ...(from && { from }), to: TABLE_COUNT_SORT }
    const page = await storage.sorts(CATALOGUE_TABLE_ID, partition, range, PAGE_ROWS, read)
    tables += page.sorts.length
    const last = page.reached ?? page.sorts.at(-1)
    if (!page.more || !last) return tables
    from = successor(last)
  }
}
