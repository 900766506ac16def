import type { CassandraOptions } from './cassandra/options.ts'
import type { StorageDriver } from './driver.ts'
import type { LmdbOptions } from './lmdb/environment.ts'

/** Which driver, and what it has to know. */
export type StorageOptions =
  | { readonly name: 'memory' }
  | { readonly name: 'lmdb'; readonly options: LmdbOptions }
  | { readonly name: 'cassandra'; readonly options: CassandraOptions }

/**
 * The named driver, open. Only its own code and library are loaded. Fails with one line that says
 * which storage it was.
 */
export async function openDriver(storage: StorageOptions): Promise<StorageDriver> {
  const driver = await loadDriver(storage)
  await opened(driver)
  return driver
}

/**
 * The named driver, open, where its storage is made already; undefined where `openDriver` would
 * make it. Fails as that does.
 */
export async function openExisting(storage: StorageOptions): Promise<StorageDriver | undefined> {
  const driver = await loadDriver(storage)
  let isMade = false
  await saidByDriver(driver, async () => {
    isMade = (await driver.isMade?.()) ?? false
    if (isMade) await driver.open()
  })
  return isMade ? driver : undefined
}

function opened(driver: StorageDriver): Promise<void> {
  return saidByDriver(driver, () => driver.open())
}

async function saidByDriver(driver: StorageDriver, step: () => Promise<void>): Promise<void> {
  try {
    await step()
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
    await driver.close().catch(() => {})
    throw new Error(`cannot open the storage ${driver.name}: ${reason}`, { cause })
  }
}

async function loadDriver(storage: StorageOptions): Promise<StorageDriver> {
  switch (storage.name) {
    case 'memory': {
      const { MemoryDriver } = await import('./memory/driver.ts')
      return new MemoryDriver()
    }
    case 'lmdb': {
      const { LmdbDriver } = await import('./lmdb/driver.ts')
      return new LmdbDriver(storage.options)
    }
    case 'cassandra': {
      const { CassandraDriver } = await import('./cassandra/driver.ts')
      return new CassandraDriver(storage.options)
    }
  }
}

/** What one process of a machine does for the storage beside those that use it. */
export interface StorageUpkeep {
  /** At the start, after the death of a process that used the storage, and now and then. */
  run(): void
  close(): Promise<void>
}

export async function openUpkeep(storage: StorageOptions): Promise<StorageUpkeep> {
  const driver = await loadDriver(storage)
  const run = driver.upkeep?.bind(driver)
  if (!run) return { run: () => {}, close: () => Promise.resolve() }
  await opened(driver)
  return { run, close: () => driver.close() }
}
