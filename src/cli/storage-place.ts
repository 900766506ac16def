import { resolve } from 'node:path'
import type { Config } from '../config/load.ts'
import { storageOptions } from '../service/storage-options.ts'
import type { StorageDriver } from '../storage/driver.ts'
import { openExisting } from '../storage/registry.ts'

/** Runs work on an existing storage. If there is none, throws an error that names the missing
 * things. */
export async function withStorage(
  config: Config,
  things: string,
  work: (driver: StorageDriver) => Promise<void>,
): Promise<void> {
  const driver = await openExisting(storageOptions(config))
  if (!driver) throw new Error(`there are no ${things} yet in ${storagePlace(config)}`)
  try {
    await work(driver)
  } finally {
    await driver.close()
  }
}

/** The place of the tables, to be read by a person. Absolute, since a relative path depends on the
 * working directory. */
export function storagePlace({ DEFAULT, lmdb, cassandra }: Config): string {
  switch (DEFAULT.storage_driver) {
    case 'memory':
      return 'the memory of the service'
    case 'lmdb':
      return `the folder ${resolve(lmdb.path)}`
    case 'cassandra':
      return `the keyspace ${cassandra.keyspace}`
  }
}
