import type { Config } from '../config/load.ts'
import { type StoredTable, storedTables } from '../engine/catalogue/stored-tables.ts'
import { storageOptions } from '../service/storage-options.ts'
import { openExisting } from '../storage/registry.ts'
import { withProgress, writeLines } from './output.ts'
import { storagePlace } from './storage-place.ts'

const COLUMNS = ['project', 'table', 'status', 'created', 'id']

/** Prints one line per table of the project, or of all projects, with tabs between the columns. A
 * terminal gets the column names first. */
export async function listTables(config: Config, projectId: string | undefined): Promise<void> {
  const driver = await openExisting(storageOptions(config))
  if (!driver) throw new Error(`there are no tables yet in ${storagePlace(config)}`)
  try {
    const tables = withProgress(storedTables(driver, projectId), 'tables')
    await writeLines(lines(tables, process.stdout.isTTY))
  } finally {
    await driver.close()
  }
}

async function* lines(
  tables: AsyncIterable<StoredTable>,
  isForPerson: boolean,
): AsyncGenerator<string> {
  if (isForPerson) yield COLUMNS.join('\t')
  for await (const { projectId, name, definition } of tables) {
    const { status, createdAt, id } = definition ?? {}
    const created = createdAt === undefined ? '-' : new Date(createdAt).toISOString()
    yield [projectId, name, status ?? 'UNREADABLE', created, id ?? '-'].join('\t')
  }
}
