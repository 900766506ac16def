import { resolve } from 'node:path'
import type { Config } from '../config/load.ts'

/** Where the configuration has tables kept, for a person: a relative path depends on the folder in
 * which a program is started. */
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
