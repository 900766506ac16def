import type { Config } from '../config/load.ts'
import type { StorageOptions } from '../storage/registry.ts'

export function storageOptions(config: Config): StorageOptions {
  const { storage_driver: name } = config.DEFAULT
  switch (name) {
    case 'memory':
      return { name }
    case 'lmdb':
      return { name, options: { path: config.lmdb.path, mapSizeBytes: config.lmdb.map_size } }
    case 'cassandra':
      return { name, options: config.cassandra }
  }
}
