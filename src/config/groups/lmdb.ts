import { type OptionGroup, option } from '../option.ts'
import { byteSize, string } from '../value-type.ts'

export const LMDB_GROUP = {
  help: 'The embedded database, for storage_driver = lmdb.',
  options: {
    path: option(string(), {
      default: 'data/lmdb',
      help:
        'Folder of the database. Created if it does not exist. A relative path starts from the ' +
        'working directory of the service.',
    }),
    map_size: option(byteSize({ min: 2 ** 24, max: 2 ** 44 }), {
      default: 2 ** 36,
      help:
        'Maximum size of the database, in bytes or with K, M, G or T. It reserves address space ' +
        'but neither memory nor disk, so a large value costs nothing. When the database is full, ' +
        'writes are answered with 503.',
    }),
  },
} satisfies OptionGroup
