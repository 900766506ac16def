import type { CassandraOptions } from './cassandra/options.ts'
import type { StorageDriver } from './driver.ts'
import type { LmdbOptions } from './lmdb/environment.ts'

export type StorageOptions =
  | { readonly name: 'memory' }
  | { readonly name: 'lmdb'; readonly options: LmdbOptions }
  | { readonly name: 'cassandra'; readonly options: CassandraOptions }

/** Loads and opens the named driver. Its errors have one line that names the driver. */
export async function openDriver(storage: StorageOptions): Promise<StorageDriver> {
  const driver = await loadDriver(storage)
  await opened(driver)
  return driver
}

/** Like `openDriver`, but undefined if the storage does not exist yet. */
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

/** Storage maintenance by one process per machine; see `StorageDriver.upkeep`. */
export interface StorageUpkeep {
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
