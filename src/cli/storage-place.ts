import { resolve } from 'node:path'
import type { Config } from '../config/load.ts'

/** The place of the tables, for a person. Absolute, since a relative path depends on the working
 * directory. */
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
