import { PAGE_SIZE_BYTES_MAX } from '../../model/limits.ts'
import type { TableDefinition } from '../../model/table.ts'
import type { Row, ScanPosition, SortRange, StorageDriver } from '../../storage/driver.ts'
import { successor } from '../format/key-codec.ts'
import { CATALOGUE_TABLE_ID } from '../format/system-tables.ts'
import { decodeDefinition } from './definition-codec.ts'
import { TABLE_COUNT_SORT } from './table-count.ts'

const PAGE = { rows: 1_000, bytes: PAGE_SIZE_BYTES_MAX }
const PAGE_MS_MAX = 30_000

export interface StoredTable {
  readonly projectId: string
  readonly name: string
  /** Undefined if this version cannot read it. */
  readonly definition: TableDefinition | undefined
}

/**
 * For operators: the tables of one project by name, or of all projects, one after another in no
 * particular order. Changes made during the iteration may be missed.
 *
 * @throws (rejects with) StorageUnavailableError
 */
export async function* storedTables(
  driver: StorageDriver,
  projectId?: string,
): AsyncGenerator<StoredTable> {
  if (projectId === undefined) yield* tablesOfAll(driver)
  else yield* tablesOf(driver, projectId)
}

async function* tablesOf(driver: StorageDriver, projectId: string): AsyncGenerator<StoredTable> {
  const partition = Buffer.from(projectId)
  let range: SortRange = { to: TABLE_COUNT_SORT }
  for (;;) {
    const read = { level: 'strong', deadline: performance.now() + PAGE_MS_MAX } as const
    const page = await driver.slice(CATALOGUE_TABLE_ID, partition, range, 'forward', PAGE, read)
    for (const row of page.rows) yield storedTable(partition, row)
    const last = page.reached ?? page.rows.at(-1)?.sort
    if (!page.more || !last) return
    range = { from: successor(last), to: TABLE_COUNT_SORT }
  }
}

async function* tablesOfAll(driver: StorageDriver): AsyncGenerator<StoredTable> {
  let after: ScanPosition | undefined
  for (;;) {
    const read = { level: 'strong', deadline: performance.now() + PAGE_MS_MAX } as const
    const segment = { segment: 0, totalSegments: 1, range: { to: TABLE_COUNT_SORT }, budget: PAGE }
    const request = after ? { ...segment, after } : segment
    const page = await driver.scan(CATALOGUE_TABLE_ID, request, read)
    for (const row of page.rows) yield storedTable(row.partition, row)
    const last = page.reached ?? page.rows.at(-1)
    if (!page.more || !last) return
    after = { partition: last.partition, sort: last.sort }
  }
}

function storedTable(partition: Buffer, { sort, value }: Row): StoredTable {
  const table = { projectId: partition.toString(), name: sort.toString() }
  try {
    return { ...table, definition: decodeDefinition(value) }
  } catch {
    return { ...table, definition: undefined }
  }
}
