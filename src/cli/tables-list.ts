import type { Config } from '../config/load.ts'
import { type StoredTable, storedTables } from '../engine/catalogue/stored-tables.ts'
import { withProgress, writeLines } from './output.ts'
import { withStorage } from './storage-place.ts'

const COLUMNS = ['project', 'table', 'status', 'created', 'id']

/** Prints one line per table of the project, or of all projects, with tabs between the columns. On
 * a terminal, the column names come first. */
export async function listTables(config: Config, projectId: string | undefined): Promise<void> {
  await withStorage(config, 'tables', async (driver) => {
    const tables = withProgress(storedTables(driver, projectId), 'tables')
    await writeLines(lines(tables, process.stdout.isTTY))
  })
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
