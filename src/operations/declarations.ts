import { BATCH_GET_SIZE_BYTES_MAX, PAGE_SIZE_BYTES_MAX } from '../model/limits.ts'

/** The properties of an operation that are the same for all wires. */
export interface Declaration {
  /** By default, the role reader may read, and the role member may read and write. */
  readonly access: 'read' | 'write'
  /** For operators, in the sample policy file. */
  readonly description: string
  /** Bytes that it may read and encode, if more than one item. */
  readonly bytes?: number
  /** Whether it may run as long as its body arrives. */
  readonly isBulkLoad?: boolean
}

/** Every operation, by its name in policies (`mdb:put_item`), metrics and logs. */
export const DECLARATIONS = {
  create_table: { access: 'write', description: 'Create a table' },
  delete_table: { access: 'write', description: 'Delete a table' },
  list_tables: { access: 'read', description: 'List the tables of a project' },
  describe_table: { access: 'read', description: 'Show the definition of a table' },
  update_table: { access: 'write', description: 'Change the settings of a table' },
  update_time_to_live: {
    access: 'write',
    description: 'Choose the attribute by which the items of a table expire',
  },
  describe_time_to_live: {
    access: 'read',
    description: 'Show the attribute by which the items of a table expire',
  },
  tag_resource: { access: 'write', description: 'Tag a table' },
  untag_resource: { access: 'write', description: 'Remove tags from a table' },
  list_tags_of_resource: { access: 'read', description: 'List the tags of a table' },
  describe_limits: { access: 'read', description: 'Show the limits of a project' },
  describe_endpoints: { access: 'read', description: 'Show where the service is found' },
  put_item: { access: 'write', description: 'Write an item' },
  get_item: { access: 'read', description: 'Read an item' },
  update_item: { access: 'write', description: 'Change an item' },
  delete_item: { access: 'write', description: 'Delete an item' },
  batch_write_item: { access: 'write', description: 'Write and delete items' },
  bulk_load: {
    access: 'write',
    description: 'Write the items of a stream',
    isBulkLoad: true,
  },
  batch_get_item: {
    access: 'read',
    description: 'Read items by their keys',
    bytes: BATCH_GET_SIZE_BYTES_MAX,
  },
  query: {
    access: 'read',
    description: 'Read items of one hash key',
    bytes: PAGE_SIZE_BYTES_MAX,
  },
  scan: { access: 'read', description: 'Read all items of a table', bytes: PAGE_SIZE_BYTES_MAX },
} as const satisfies Readonly<Record<string, Declaration>>

export type OperationName = keyof typeof DECLARATIONS
export type Declarations = Readonly<Record<OperationName, Declaration>>

/** The names of operations in policies. Made once: a new string costs each request a hash. */
export const POLICY_NAMES = Object.fromEntries(
  Object.keys(DECLARATIONS).map((name) => [name, `mdb:${name}`]),
) as Readonly<Record<OperationName, string>>
