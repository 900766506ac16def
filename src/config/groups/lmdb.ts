import { type OptionGroup, option } from '../option.ts'
import { byteSize, string } from '../value-type.ts'

export const LMDB_GROUP = {
  help: 'The embedded store. Used with storage_driver = lmdb.',
  options: {
    path: option(string(), {
      default: 'data/lmdb',
      help:
        'Folder of the database, made when it does not exist. A relative path starts from the ' +
        'folder that the service is started in.',
    }),
    map_size: option(byteSize({ min: 2 ** 24, max: 2 ** 44 }), {
      default: 2 ** 36,
      help:
        'Size that the database may grow to, in bytes or with K, M, G or T. It reserves address ' +
        'space, neither memory nor disk, so a generous value costs nothing. When it is full, ' +
        'writes are answered 503 until it is raised.',
    }),
  },
} satisfies OptionGroup
